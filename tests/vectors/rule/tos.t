%4
*filter
:FORWARD
-m tos --tos 0;-m tos --tos 0x00/0xff;OK
-m tos --tos 0x10;-m tos --tos 0x10/0xff;OK
-m tos --tos 16;-m tos --tos 0x10/0xff;OK
-m tos --tos 0xff;-m tos --tos 0xff/0xff;OK
-m tos --tos 256;=;FAIL
-m tos --tos 0x10/0x3f;=;OK
-m tos --tos 0x10/0xff;=;OK
-m tos --tos 0x13/0x10;=;OK
-m tos --tos 0x10/0;-m tos --tos 0x10/0x00;OK
-m tos --tos 0x10/;=;FAIL
-m tos --tos /0x10;=;FAIL
-m tos --tos 0x10/256;=;FAIL
-m tos ! --tos 0x10;-m tos ! --tos 0x10/0xff;OK
-m tos --tos Minimize-Delay;-m tos --tos 0x10/0x3f;OK
-m tos --tos minimize-delay;-m tos --tos 0x10/0x3f;OK
-m tos --tos Maximize-Throughput;-m tos --tos 0x08/0x3f;OK
-m tos --tos Maximize-Reliability;-m tos --tos 0x04/0x3f;OK
-m tos --tos Minimize-Cost;-m tos --tos 0x02/0x3f;OK
-m tos --tos Normal-Service;-m tos --tos 0x00/0x3f;OK
-m tos ! --tos Normal-Service;-m tos ! --tos 0x00/0x3f;OK
-m tos --tos Minimize;=;FAIL
-m tos --tos M;=;FAIL
-m tos --tos "";=;FAIL
-m tos --tos 077;-m tos --tos 0x3f/0xff;OK
-m tos;=;FAIL
%6
-m tos --tos 0x10;-m tos --tos 0x10/0xff;OK
-m tos --tos Minimize-Delay;-m tos --tos 0x10/0x3f;OK
