%4
*mangle
:POSTROUTING
-j DSCP --set-dscp 0;-j DSCP --set-dscp 0x00;OK
-j DSCP --set-dscp 0x3f;=;OK
-j DSCP --set-dscp 10;-j DSCP --set-dscp 0x0a;OK
-j DSCP --set-dscp -1;=;FAIL
-j DSCP --set-dscp 0x40;=;FAIL
-j DSCP --set-dscp 0x3f --set-dscp-class CS0;=;FAIL
-j DSCP --set-dscp-class CS0;-j DSCP --set-dscp 0x00;OK
-j DSCP --set-dscp-class BE;-j DSCP --set-dscp 0x00;OK
-j DSCP --set-dscp-class EF;-j DSCP --set-dscp 0x2e;OK
-j DSCP --set-dscp-class af11;-j DSCP --set-dscp 0x0a;OK
-j DSCP --set-dscp-class foo;=;FAIL
-j DSCP;=;FAIL
:PREROUTING
-j DSCP --set-dscp 1;-j DSCP --set-dscp 0x01;OK
*filter
:INPUT
-j DSCP --set-dscp 1;=;FAIL
*raw
:PREROUTING
-j DSCP --set-dscp 1;=;FAIL
*mangle
:PREROUTING
-j DSCP --set-dscp-class AF4;=;FAIL
-j DSCP --set-dscp-class "";=;FAIL
-j DSCP --set-dscp-class CS8;=;FAIL
-j DSCP --set-dscp-class VA;=;FAIL
-j DSCP --set-dscp-class LE;=;FAIL
-j DSCP --set-dscp-class Cs7;-j DSCP --set-dscp 0x38;OK
-j DSCP --set-dscp-class AF43;-j DSCP --set-dscp 0x26;OK
%6
*mangle
:PREROUTING
-j DSCP --set-dscp 3;-j DSCP --set-dscp 0x03;OK
