%4
*filter
:FORWARD
-j CONNMARK --restore-mark;-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff;OK
%4
*mangle
:PREROUTING
-j CONNMARK --set-mark 1;-j CONNMARK --set-xmark 0x1/0xffffffff;OK
-j CONNMARK --set-mark 1/2;-j CONNMARK --set-xmark 0x1/0x3;OK
-j CONNMARK --set-xmark 1/2;-j CONNMARK --set-xmark 0x1/0x2;OK
-j CONNMARK --and-mark 3;-j CONNMARK --set-xmark 0x0/0xfffffffc;OK
-j CONNMARK --or-mark 3;-j CONNMARK --set-xmark 0x3/0x3;OK
-j CONNMARK --xor-mark 3;-j CONNMARK --set-xmark 0x3/0x0;OK
-j CONNMARK --save-mark;-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff;OK
-j CONNMARK --save-mark --mask 0xff;-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff;OK
-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xf;=;OK
-j CONNMARK --save-mark --nfmask 0xff;-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xffffffff;OK
-j CONNMARK --restore-mark;-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff;OK
-j CONNMARK --restore-mark --mask 0xff;-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff;OK
-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xf;=;OK
-j CONNMARK --left-shift-mark 3;=;FAIL
-j CONNMARK --right-shift-mark 3;=;FAIL
-j CONNMARK --set-mark 1 --left-shift-mark 3;-j CONNMARK --set-xmark 0x1/0xffffffff --left-shift-mark 3;OK
-j CONNMARK --set-xmark 1/0xff --right-shift-mark 4;-j CONNMARK --set-xmark 0x1/0xff --right-shift-mark 4;OK
-j CONNMARK --save-mark --left-shift-mark 3;-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff --left-shift-mark 3;OK
-j CONNMARK --restore-mark --right-shift-mark 3 --nfmask 0xff --ctmask 0xff00;-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff00 --right-shift-mark 3;OK
-j CONNMARK --restore-mark --left-shift-mark 32;=;FAIL
-j CONNMARK --restore-mark --left-shift-mark 31;-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff --left-shift-mark 31;OK
-j CONNMARK --restore-mark --left-shift-mark 0;-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff;OK
-j CONNMARK --restore-mark --left-shift-mark 3 --right-shift-mark 3;-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff --right-shift-mark 3;OK
-j CONNMARK;=;FAIL
-j CONNMARK --set-mark 1 --mask 2;-j CONNMARK --set-xmark 0x1/0x2;OK
-j CONNMARK --set-mark 1 --nfmask 2;-j CONNMARK --set-xmark 0x1/0xffffffff;OK
-j CONNMARK --set-mark 1 --save-mark;=;FAIL
-j CONNMARK --mask 2;=;FAIL
-j CONNMARK --save-mark --mask 1 --nfmask 2;=;FAIL
-j CONNMARK --save-mark --nfmask 0xffffffff;-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff;OK
-j CONNMARK --and-mark 3 --left-shift-mark 1;-j CONNMARK --set-xmark 0x0/0xfffffffc --left-shift-mark 1;OK
-j CONNMARK --or-mark 3 --left-shift-mark 1;-j CONNMARK --set-xmark 0x3/0x3 --left-shift-mark 1;OK
%4
*raw
:PREROUTING
-j CONNMARK --restore-mark;-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff;OK
