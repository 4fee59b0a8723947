%4
*filter
:FORWARD
-m connmark --mark 1/7;-m connmark --mark 0x1/0x7;OK
-m connmark ! --mark 0x1;=;OK
-m connmark;=;FAIL
