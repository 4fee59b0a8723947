%4
*filter
:INPUT
-m mac;=;FAIL
-m mac --mac-source 42:01:02:03:04:05;=;OK
-m mac --mac-source AA:bb:CC:dd:EE:ff;-m mac --mac-source aa:bb:cc:dd:ee:ff;OK
-m mac ! --mac-source 42:01:02:03:04:05;=;OK
-m mac --mac-source 42:01:02:03:04;=;FAIL
-m mac --mac-source 42:01:02:03:04:05:06;=;FAIL
-m mac --mac-source 42:01:02:03:04:5;-m mac --mac-source 42:01:02:03:04:05;OK
-m mac --mac-source 1:2:3:4:5:6;-m mac --mac-source 01:02:03:04:05:06;OK
-m mac --mac-source 42:01:02:03:04:0g;=;FAIL
-m mac --mac-source 42-01-02-03-04-05;=;FAIL
-m mac --mac-source "";=;FAIL
-m mac --mac-source 42:01:02:03:04:05 --mac-source 42:01:02:03:04:06;=;FAIL
-m mac --mac 42:01:02:03:04:05;-m mac --mac-source 42:01:02:03:04:05;OK
-m mac --mac-source 42:01:02:03:04:055;=;FAIL
:FORWARD
-m mac --mac-source 42:01:02:03:04:05;=;OK
:OUTPUT
-m mac --mac-source 42:01:02:03:04:05;=;FAIL
*mangle
:PREROUTING
-m mac --mac-source 42:01:02:03:04:05;=;OK
:POSTROUTING
-m mac --mac-source 42:01:02:03:04:05;=;FAIL
*raw
:OUTPUT
-m mac --mac-source 42:01:02:03:04:05;=;FAIL
*filter
:INPUT
%6
-m mac --mac-source 42:01:02:03:04:05;=;OK
%4
:FORWARD
-m mac --mac-source 4:0:0:0:0:0 ;-m mac --mac-source 04:00:00:00:00:00;OK
-m mac --mac-source 0x1:2:3:4:5:6;=;FAIL
-m mac --mac-source :1:2:3:4:5;-m mac --mac-source 00:01:02:03:04:05;OK
