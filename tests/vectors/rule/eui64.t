%6
*filter
:INPUT
-m eui64;=;OK
! -m eui64;=;FAIL
:FORWARD
-m eui64;=;OK
-m eui64 --x;=;FAIL
*mangle
:PREROUTING
-m eui64;=;OK
:OUTPUT
-m eui64;=;FAIL
:POSTROUTING
-m eui64;=;FAIL
*filter
:OUTPUT
-m eui64;=;FAIL
