%4
*mangle
:PREROUTING
-j NFQUEUE;-j NFQUEUE --queue-num 0;OK
-j NFQUEUE --queue-num 0;=;OK
-j NFQUEUE --queue-num 1;=;OK
-j NFQUEUE --queue-num 65535;=;OK
-j NFQUEUE --queue-num 65536;=;FAIL
-j NFQUEUE --queue-num -1;=;FAIL
-j NFQUEUE --queue-balance 0:65534;=;OK
-j NFQUEUE --queue-balance 0:6;=;OK
-j NFQUEUE --queue-balance 6:0;=;FAIL
-j NFQUEUE --queue-balance 6;=;FAIL
-j NFQUEUE --queue-balance 6:6;=;FAIL
-j NFQUEUE --queue-balance :;-j NFQUEUE --queue-balance 0:65534;OK;1.8.9=FAIL
-j NFQUEUE --queue-balance 6:;-j NFQUEUE --queue-balance 6:65534;OK;1.8.9=-j NFQUEUE --queue-balance 6:65535
-j NFQUEUE --queue-balance :6;-j NFQUEUE --queue-balance 0:6;OK
-j NFQUEUE --queue-balance 0:6 --queue-cpu-fanout;=;OK
-j NFQUEUE --queue-balance 0:6 --queue-cpu-fanout --queue-bypass;-j NFQUEUE --queue-balance 0:6 --queue-bypass --queue-cpu-fanout;OK
-j NFQUEUE --queue-cpu-fanout;=;FAIL
-j NFQUEUE --queue-num 0 --queue-bypass;=;OK
-j NFQUEUE --queue-bypass --queue-balance 1:5 --queue-cpu-fanout;-j NFQUEUE --queue-balance 1:5 --queue-bypass --queue-cpu-fanout;OK
-j NFQUEUE --queue-bypass --queue-balance 0:6;-j NFQUEUE --queue-balance 0:6 --queue-bypass;OK
-j NFQUEUE --queue-bypass;-j NFQUEUE --queue-num 0 --queue-bypass;OK
-j NFQUEUE --queue-num 1 --queue-balance 2:3;=;FAIL
*filter
:INPUT
-j NFQUEUE;-j NFQUEUE --queue-num 0;OK
*raw
:PREROUTING
-j NFQUEUE;-j NFQUEUE --queue-num 0;OK
*mangle
:PREROUTING
-j NFQUEUE --queue-num 0x10;-j NFQUEUE --queue-num 16;OK
-j NFQUEUE --queue-num foo;=;FAIL
-j NFQUEUE --queue-num 1 --queue-cpu-fanout;=;FAIL
*nat
:OUTPUT
-j NFQUEUE;-j NFQUEUE --queue-num 0;OK
%6
*mangle
:PREROUTING
-j NFQUEUE;-j NFQUEUE --queue-num 0;OK
