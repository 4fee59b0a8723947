%6
*filter
:FORWARD
-m realm --realm 5;=;FAIL
%4
-m realm --realm 5;-m realm --realm 0x5;OK
-m realm --realm 0x5;=;OK
-m realm --realm 0x5/0xff;=;OK
-m realm --realm 0x5/0xffffffff;-m realm --realm 0x5;OK
-m realm --realm 5/0;-m realm --realm 0x5/0x0;OK
-m realm ! --realm 0x1/0x2a;=;OK
-m realm --realm 4294967295;-m realm --realm 0xffffffff;OK
-m realm --realm 4294967296;=;FAIL
-m realm --realm default;=;FAIL
-m realm --realm cosmos;=;OK
-m realm --realm x;=;FAIL
-m realm --realm 5/x;=;FAIL
-m realm --realm 5/;=;FAIL
-m realm --realm /5;=;FAIL
-m realm --realm "";=;FAIL
-m realm;=;FAIL
:INPUT
-m realm --realm 1;-m realm --realm 0x1;OK
:OUTPUT
-m realm --realm 1;-m realm --realm 0x1;OK
*mangle
:PREROUTING
-m realm --realm 1;=;FAIL
:POSTROUTING
-m realm --realm 1;-m realm --realm 0x1;OK
*filter
:FORWARD
-m realm --realm 0;-m realm --realm cosmos;OK
-m realm --realm 0/0xff;-m realm --realm 0x0/0xff;OK
-m realm --realm cosmos/5;=;FAIL
-m realm --realm 010;-m realm --realm 0x8;OK
