%6
*mangle
:PREROUTING
-d dead::/64 -j DNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;=;OK
-s dead::/64 -j DNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;=;OK
-j DNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;=;OK
-j DNPT --src-pfx dead::/64;=;FAIL
%6
*mangle
:OUTPUT
-j DNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;=;OK
%6
*filter
:OUTPUT
-j DNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;=;FAIL
%4
*mangle
:PREROUTING
-j DNPT --src-pfx dead::/64 --dst-pfx 1c3::/64;=;FAIL
