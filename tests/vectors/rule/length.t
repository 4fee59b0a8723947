%4
*filter
:FORWARD
-m length --length 100;=;OK
-m length --length 0;=;OK
-m length ! --length 100:200;=;OK
-m length --length :200;-m length --length 0:200;OK
-m length --length 100:;-m length --length 100:65535;OK
-m length --length :;-m length --length 0:65535;OK
-m length ! --length :;-m length ! --length 0:65535;OK
-m length --length 200:100;=;FAIL;1.8.9==
-m length --length 65535;=;OK
-m length --length 65536;=;FAIL
-m length --length 0x10:0x20;-m length --length 16:32;OK
-m length --length 5:5;-m length --length 5;OK
-m length;=;FAIL
-m length --length 1 --length 2;=;FAIL
%6
-m length --length 1000:;-m length --length 1000:65535;OK
%4
:INPUT
-m length ! --length 5;=;OK
