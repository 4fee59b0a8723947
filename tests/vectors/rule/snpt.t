%6
*mangle
:POSTROUTING
-s 2001:db8::/48 -j SNPT --src-pfx 2001:db8::/48 --dst-pfx 2001:db9::/48;=;OK
-j SNPT --src-pfx 2001:db8::/48 --dst-pfx 2001:db9::/48;=;OK
-s 2001:db8::/32 -j SNPT --src-pfx 2001:db8::/48 --dst-pfx 2001:db9::/48;=;OK
-s 2001:db8:0:1::/64 -j SNPT --src-pfx 2001:db8::/48 --dst-pfx 2001:db9::/48;=;OK
-s dead::/64 -j SNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;=;OK
-s dead::beef -j SNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;-s dead::beef/128 -j SNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;OK
-s dead::/64 -j SNPT --src-pfx dead::/64 --dst-pfx 1c3::/48;=;OK
-s dead::/64 -j SNPT --src-pfx dead::/65 --dst-pfx 1c3::/48;=;FAIL
-s dead::/64 -j SNPT --src-pfx dead::1/64 --dst-pfx 1c3::/64;=;FAIL
-s dead::/64 -j SNPT --src-pfx dead:: --dst-pfx 1c3::;=;FAIL
-s dead::/64 -j SNPT --src-pfx dead::/0 --dst-pfx 1c3::/0;=;FAIL
-s dead::/64 -j SNPT --src-pfx dead::/ffff:: --dst-pfx 1c3::/64;-s dead::/64 -j SNPT --src-pfx dead::/16 --dst-pfx 1c3::/64;OK
-s dead::/64 -j SNPT --dst-pfx 1c3::/64;=;FAIL
-s dead::/64 -j SNPT;=;FAIL
-s dead::/64 -j SNPT --src-pfx 1.1.1.1/8 --dst-pfx 1c3::/64;=;FAIL
-s dead::/64 -j SNPT --src-pfx dead::/50 --dst-pfx 1c3::beef/64;=;FAIL
-p tcp -s dead::/64 -j SNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;-s dead::/64 -p tcp -j SNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;OK
! -s dead::/64 -j SNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;=;OK
%6
*mangle
:INPUT
-s dead::/64 -j SNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;=;OK
%6
*mangle
:FORWARD
-s dead::/64 -j SNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;=;FAIL
