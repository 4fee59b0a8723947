%4
*filter
:FORWARD
-m mark --mark 1;-m mark --mark 0x1;OK
-m mark --mark 0x10/0xff;=;OK
-m mark --mark 1/0xffffffff;-m mark --mark 0x1;OK
-m mark ! --mark 5;-m mark ! --mark 0x5;OK
-m mark --mark 4294967296;=;FAIL
-m mark --mark 1/2;-m mark --mark 0x1/0x2;OK
-m mark --mark 1/2/3;=;FAIL
-m mark --mark x;=;FAIL
-m mark --mark 1/;=;FAIL
-m mark;=;FAIL
-m mark --mark -1;=;FAIL
-m mark --mark 010;-m mark --mark 0x8;OK
-m mark --mark 1 -m connmark --mark 2;-m mark --mark 0x1 -m connmark --mark 0x2;OK
-m mark -m connmark --mark 1 --mark 2;=;FAIL
%4
*filter
:FORWARD
-m mark --mark 0;-m mark --mark 0x0;OK
-m mark --mark 0x1/0x1;=;OK
-m mark --mark 1/0;-m mark --mark 0x1/0x0;OK
-m mark --mark 0xffffffff/0xffffffff;-m mark --mark 0xffffffff;OK
-m mark ! --mark 1;-m mark ! --mark 0x1;OK
-m mark --mark 0x100000000;=;FAIL
-m mark --mark 1/x;=;FAIL
-m mark --mark "";=;FAIL
-m mark --mark 1 --mark 2;=;FAIL
