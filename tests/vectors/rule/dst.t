%6
*filter
:FORWARD
-m dst;=;OK
-m dst --dst-len 8;=;OK
-m dst ! --dst-len 8;=;OK
-m dst --dst-len 8 --dst-opts 1;=;OK
-m dst --dst-opts 1:2;=;OK
-m dst --dst-opts 1:2,3,4:5;=;OK
-m dst ! --dst-opts 1:2;=;FAIL
-m dst --dst-opts 1:;=;FAIL
-m dst --dst-opts :1;=;FAIL
-m dst --dst-opts "";=;FAIL
-m dst --dst-opts 1,;=;FAIL
-m dst --dst-opts 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17;=;FAIL
-m dst --dst-opts 256;-m dst --dst-opts 0;OK
-m dst --dst-opts 5:256;-m dst --dst-opts 5:0;OK
-m dst --dst-opts 1,,2;=;FAIL
-m dst --dst-not-strict;=;FAIL
-m dst --dst-opts 1:2x;=;FAIL
-m dst --dst-opts 0x100;-m dst --dst-opts 0;OK
-m dst --dst-opts 1:5 --dst-len 16;-m dst --dst-len 16 --dst-opts 1:5;OK
-m dst --dst-len 0;=;OK
-m dst --dst-opts 0:7;=;FAIL
-m dst --dst-opts 1,256:0;=;FAIL
