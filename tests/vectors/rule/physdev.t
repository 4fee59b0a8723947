%4
*filter
:FORWARD
-m physdev;=;FAIL
-m physdev --physdev-in lo;=;OK
-m physdev ! --physdev-in lo;=;OK
-m physdev --physdev-in eth+;=;OK
-m physdev --physdev-in +;=;OK
-m physdev --physdev-in "";=;FAIL;1.8.9=-m physdev --physdev-in 
-m physdev --physdev-in verylonginterfacename;=;FAIL
-m physdev --physdev-in "a b";=;FAIL;1.8.9=-m physdev --physdev-in a b
-m physdev --physdev-in eth0 --physdev-is-in;-m physdev --physdev-is-in --physdev-in eth0;OK
-m physdev --physdev-out lo;=;OK
-m physdev ! --physdev-out lo;=;OK
-m physdev --physdev-out lo --physdev-is-bridged;=;OK
-m physdev ! --physdev-out lo --physdev-is-bridged;=;OK
-m physdev --physdev-is-in;=;OK
-m physdev ! --physdev-is-in;=;OK
-m physdev --physdev-is-out;=;OK
-m physdev ! --physdev-is-out;=;OK
-m physdev --physdev-is-bridged;=;OK
-m physdev ! --physdev-is-bridged;=;OK
-m physdev --physdev-is-bridged ! --physdev-is-out --physdev-is-in --physdev-out e1 ! --physdev-in e0;-m physdev --physdev-is-in ! --physdev-in e0 ! --physdev-is-out --physdev-out e1 --physdev-is-bridged;OK
-m physdev --physdev-in a --physdev-in b;=;FAIL
-m physdev --physdev-is-in --physdev-is-in;=;FAIL
:INPUT
-m physdev --physdev-in lo;=;OK
-m physdev --physdev-out lo;=;OK
-m physdev --physdev-is-in;=;OK
-m physdev --physdev-is-bridged;=;OK
-m physdev --physdev-is-out;=;OK
-m physdev --physdev-out lo --physdev-is-bridged;=;OK
:OUTPUT
-m physdev --physdev-in lo;=;OK
-m physdev --physdev-out lo;=;FAIL
-m physdev --physdev-is-in;=;OK
-m physdev --physdev-is-out;=;FAIL
-m physdev --physdev-is-bridged;=;OK
-m physdev --physdev-out lo --physdev-is-bridged;=;OK
*mangle
:PREROUTING
-m physdev --physdev-in lo;=;OK
-m physdev --physdev-out lo;=;OK
-m physdev --physdev-is-bridged;=;OK
:POSTROUTING
-m physdev --physdev-out lo;=;OK
-m physdev --physdev-out lo --physdev-is-bridged;=;OK
-m physdev --physdev-is-bridged;=;OK
-m physdev --physdev-is-out;=;OK
*raw
:PREROUTING
-m physdev --physdev-in lo;=;OK
*filter
:FORWARD
%6
-m physdev --physdev-in eth0;=;OK
