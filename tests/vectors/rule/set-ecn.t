%4
*mangle
:POSTROUTING
-p tcp -j ECN --ecn-tcp-remove;=;OK
-j ECN --ecn-tcp-remove;=;FAIL
-p udp -j ECN --ecn-tcp-remove;=;FAIL
-p tcp -j ECN;=;FAIL
-p tcp -j ECN --ecn-tcp-cwr 1;=;OK
-p tcp -j ECN --ecn-tcp-ece 1;=;OK
-p tcp -j ECN --ecn-ip-ect 1;=;OK
-j ECN --ecn-ip-ect 0;=;OK
-j ECN --ecn-ip-ect 4;=;FAIL
:PREROUTING
-p tcp -j ECN --ecn-tcp-remove;=;OK
*filter
:INPUT
-p tcp -j ECN --ecn-tcp-remove;=;FAIL
*mangle
:PREROUTING
-j ECN --ecn-tcp-remove --ecn-tcp-cwr 1;=;FAIL
-p tcp -j ECN --ecn-tcp-remove --ecn-tcp-cwr 1;=;FAIL
-p tcp -j ECN --ecn-tcp-cwr 1 --ecn-tcp-ece 0 --ecn-ip-ect 2;-p tcp -j ECN --ecn-tcp-ece 0 --ecn-tcp-cwr 1 --ecn-ip-ect 2;OK
-p tcp -j ECN --ecn-tcp-cwr 2;=;FAIL
-p tcp -j ECN --ecn-tcp-cwr 0;=;OK
-j ECN --ecn-tcp-cwr 1;=;FAIL
! -p tcp -j ECN --ecn-tcp-cwr 1;=;FAIL
%6
*mangle
:PREROUTING
-p tcp -j ECN --ecn-tcp-remove;=;FAIL
