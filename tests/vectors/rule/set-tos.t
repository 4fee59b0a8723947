%4
*mangle
:POSTROUTING
-j TOS --set-tos 0x1f;-j TOS --set-tos 0x1f/0xff;OK
-j TOS --set-tos 0x1f/0x1f;=;OK
-j TOS --set-tos Minimize-Delay;-j TOS --set-tos 0x10/0x3f;OK
-j TOS --set-tos minimize-delay;-j TOS --set-tos 0x10/0x3f;OK
-j TOS --set-tos Mini;=;FAIL
-j TOS --set-tos Maximize-Throughput;-j TOS --set-tos 0x08/0x3f;OK
-j TOS --set-tos Maximize-Reliability;-j TOS --set-tos 0x04/0x3f;OK
-j TOS --set-tos Minimize-Cost;-j TOS --set-tos 0x02/0x3f;OK
-j TOS --set-tos Normal-Service;-j TOS --set-tos 0x00/0x3f;OK
-j TOS --and-tos 0x12;-j TOS --set-tos 0x00/0xed;OK
-j TOS --or-tos 0x12;-j TOS --set-tos 0x12/0x12;OK
-j TOS --xor-tos 0x12;-j TOS --set-tos 0x12/0x00;OK
-j TOS;=;FAIL
-j TOS --set-tos 256;=;FAIL
-j TOS --set-tos 1/256;=;FAIL
-j TOS --and-tos 256;=;FAIL
-j TOS --set-tos 0x12 --or-tos 1;=;FAIL
-j TOS --or-tos 1 --and-tos 2;=;FAIL
-j TOS --set-tos 0;-j TOS --set-tos 0x00/0xff;OK
-j TOS --set-tos 16;-j TOS --set-tos 0x10/0xff;OK
-j TOS --set-tos 0xff;-j TOS --set-tos 0xff/0xff;OK
-j TOS --set-tos 0x10/0x3f;=;OK
:PREROUTING
-j TOS --set-tos 1;-j TOS --set-tos 0x01/0xff;OK
*filter
:INPUT
-j TOS --set-tos 1;=;FAIL
*raw
:PREROUTING
-j TOS --set-tos 1;=;FAIL
*mangle
:PREROUTING
-j TOS --set-tos minimize-cost/5;=;FAIL
-j TOS --set-tos Normal-Service/0;=;FAIL
-j TOS --set-tos 0x10/0;-j TOS --set-tos 0x10/0x00;OK
-j TOS --set-tos "";=;FAIL
-j TOS --set-tos 010;-j TOS --set-tos 0x08/0xff;OK
-j TOS --or-tos 0x100;=;FAIL
-j TOS --xor-tos 0xff;-j TOS --set-tos 0xff/0x00;OK
-j TOS --xor-tos 256;=;FAIL
*nat
:OUTPUT
-j TOS --set-tos 3;=;FAIL
%6
*mangle
:PREROUTING
-j TOS --set-tos 3;-j TOS --set-tos 0x03/0xff;OK
