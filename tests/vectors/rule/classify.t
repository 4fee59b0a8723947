%4
*mangle
:POSTROUTING
-j CLASSIFY --set-class 0000:ffff;=;OK
-j CLASSIFY --set-class 0000:0000;=;OK
-j CLASSIFY --set-class ffff:ffff;=;OK
-j CLASSIFY --set-class 1:234;-j CLASSIFY --set-class 0001:0234;OK
-j CLASSIFY --set-class 10000:1;-j CLASSIFY --set-class 0000:0001;OK
-j CLASSIFY --set-class 1;=;FAIL
-j CLASSIFY --set-class 1:;=;FAIL
-j CLASSIFY --set-class :1;=;FAIL
-j CLASSIFY --set-class x:1;=;FAIL
-j CLASSIFY --set-class 1:10000;-j CLASSIFY --set-class 0001:0000;OK
-j CLASSIFY;=;FAIL
:FORWARD
-j CLASSIFY --set-class 1:1;-j CLASSIFY --set-class 0001:0001;OK
:PREROUTING
-j CLASSIFY --set-class 1:1;=;FAIL
*filter
:INPUT
-j CLASSIFY --set-class 1:1;=;FAIL
:OUTPUT
-j CLASSIFY --set-class 1:1;-j CLASSIFY --set-class 0001:0001;OK
*mangle
:OUTPUT
-j CLASSIFY --set-class 1:1;-j CLASSIFY --set-class 0001:0001;OK
*raw
:PREROUTING
-j CLASSIFY --set-class 1:1;=;FAIL
:OUTPUT
-j CLASSIFY --set-class 1:1;-j CLASSIFY --set-class 0001:0001;OK
-p tcp -j CLASSIFY --set-class 1:1;-p tcp -j CLASSIFY --set-class 0001:0001;OK
*nat
:OUTPUT
-j CLASSIFY --set-class 1:1;-j CLASSIFY --set-class 0001:0001;OK
*filter
:FORWARD
-j CLASSIFY --set-class 1:1;-j CLASSIFY --set-class 0001:0001;OK
%6
*mangle
:POSTROUTING
-j CLASSIFY --set-class 1:1;-j CLASSIFY --set-class 0001:0001;OK
