%4
*filter
:FORWARD
-j MARK --set-mark 1;-j MARK --set-xmark 0x1/0xffffffff;OK
%4
*mangle
:PREROUTING
-j MARK --set-mark 1;-j MARK --set-xmark 0x1/0xffffffff;OK
-j MARK --set-mark 1/2;-j MARK --set-xmark 0x1/0x3;OK
-j MARK --set-xmark 1/2;-j MARK --set-xmark 0x1/0x2;OK
-j MARK --and-mark 0xf;-j MARK --set-xmark 0x0/0xfffffff0;OK
-j MARK --or-mark 0xf;-j MARK --set-xmark 0xf/0xf;OK
-j MARK --xor-mark 0xf;-j MARK --set-xmark 0xf/0x0;OK
-j MARK;=;FAIL
-j MARK --set-mark 1 --or-mark 2;=;FAIL
-j MARK --set-mark 4294967296;=;FAIL
-j MARK --set-mark x;=;FAIL
%4
*raw
:PREROUTING
-j MARK --set-mark 1;-j MARK --set-xmark 0x1/0xffffffff;OK
