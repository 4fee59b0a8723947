%4
*filter
:FORWARD
-m cpu --cpu 0;=;OK
-m cpu ! --cpu 0;=;OK
-m cpu --cpu 4294967295;=;OK
-m cpu --cpu 4294967296;=;FAIL
-m cpu --cpu 0x1;-m cpu --cpu 1;OK
-m cpu --cpu x;=;FAIL
-m cpu --cpu "";=;FAIL
-m cpu;=;FAIL
:INPUT
-m cpu --cpu 1 --cpu 2;=;FAIL
