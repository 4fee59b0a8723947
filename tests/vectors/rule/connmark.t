%4
*filter
:FORWARD
-m connmark --mark 1/7;-m connmark --mark 0x1/0x7;OK
-m connmark ! --mark 0x1;=;OK
-m connmark;=;FAIL
%4
*filter
:FORWARD
-m connmark --mark 0;-m connmark --mark 0x0;OK
-m connmark --mark 1/3;-m connmark --mark 0x1/0x3;OK
-m connmark ! --mark 0xff;=;OK
-m connmark --mark 99999999999;=;FAIL
