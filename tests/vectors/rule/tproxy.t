%4
*mangle
:PREROUTING
-j TPROXY --on-port 12345 --on-ip 10.0.0.1 --tproxy-mark 0x23/0xff;=;FAIL
-p udp -j TPROXY --on-port 12345 --on-ip 10.0.0.1 --tproxy-mark 0x23/0xff;=;OK
-p tcp -m tcp --dport 2342 -j TPROXY --on-port 12345 --on-ip 10.0.0.1 --tproxy-mark 0x23;-p tcp -m tcp --dport 2342 -j TPROXY --on-port 12345 --on-ip 10.0.0.1 --tproxy-mark 0x23/0xffffffff;OK
-p tcp -j TPROXY --on-port 12345;-p tcp -j TPROXY --on-port 12345 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0;OK
-p tcp -j TPROXY --on-port http;-p tcp -j TPROXY --on-port 80 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0;OK
-p tcp -j TPROXY --on-port 0;-p tcp -j TPROXY --on-port 0 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0;OK
-p tcp -j TPROXY --on-port 5 --tproxy-mark 1;-p tcp -j TPROXY --on-port 5 --on-ip 0.0.0.0 --tproxy-mark 0x1/0xffffffff;OK
-p tcp -j TPROXY --on-port 5 --tproxy-mark 0;-p tcp -j TPROXY --on-port 5 --on-ip 0.0.0.0 --tproxy-mark 0x0/0xffffffff;OK
-p tcp -j TPROXY;=;FAIL
-p icmp -j TPROXY --on-port 12345;=;FAIL
! -p tcp -j TPROXY --on-port 12345;=;FAIL
*filter
:INPUT
-p tcp -j TPROXY --on-port 1;=;FAIL
*mangle
:OUTPUT
-p tcp -j TPROXY --on-port 1;=;FAIL
*raw
:PREROUTING
-p tcp -j TPROXY --on-port 1;=;FAIL
*mangle
:PREROUTING
-p tcp -j TPROXY --on-port 5 --on-ip foo;=;FAIL
-p tcp -j TPROXY --on-port 5 --tproxy-mark 1/;=;FAIL
-p tcp -j TPROXY --on-port 5 --tproxy-mark 0x100000000;=;FAIL
-p tcp -j TPROXY --on-port 5 --tproxy-mark 5/3;-p tcp -j TPROXY --on-port 5 --on-ip 0.0.0.0 --tproxy-mark 0x5/0x3;OK
-p tcp -j TPROXY --on-port 5 --on-port 6;=;FAIL
%6
*mangle
:PREROUTING
-p tcp -j TPROXY --on-port 12345 --on-ip 2001:db8::1 --tproxy-mark 0x23/0xff;=;OK
-p tcp -j TPROXY --on-port 12345;-p tcp -j TPROXY --on-port 12345 --on-ip :: --tproxy-mark 0x0/0x0;OK
