%4
*nat
:POSTROUTING
-j MASQUERADE;=;OK
-j MASQUERADE --random;=;OK
-j MASQUERADE --random-fully;=;OK
-p tcp -j MASQUERADE --to-ports 1024;=;OK
-p udp -j MASQUERADE --to-ports 1024-65535;=;OK
-p tcp -j MASQUERADE --to-ports 1024-65536;=;FAIL
-p tcp -j MASQUERADE --to-ports 1024-65535 --random --random-fully;=;OK
-p udp -j MASQUERADE --random --to-ports 1024-65535;-p udp -j MASQUERADE --to-ports 1024-65535 --random;OK
-p tcp -j MASQUERADE --to-ports 5-5;-p tcp -j MASQUERADE --to-ports 5;OK
-p tcp -j MASQUERADE --to-ports 5-4;=;FAIL
-p tcp -j MASQUERADE --to-ports 5:6;=;FAIL
-p tcp -j MASQUERADE --to-ports 5-;=;FAIL
-p tcp -j MASQUERADE --to-ports http;-p tcp -j MASQUERADE --to-ports 80;OK
-p tcp -j MASQUERADE --to-ports 0;=;OK
-p dccp -j MASQUERADE --to-ports 5;-p 33 -j MASQUERADE --to-ports 5;OK;1.8.9=-p dccp -j MASQUERADE --to-ports 5
-p icmp -j MASQUERADE --to-ports 5;=;OK
-p udplite -j MASQUERADE --to-ports 5;=;FAIL
-j MASQUERADE --to-ports 5;=;FAIL
-p tcp -j MASQUERADE ! --to-ports 5;=;FAIL
-p tcp -j MASQUERADE --persistent;=;FAIL
-o eth0 -j MASQUERADE;=;OK
! -o lo -s 10.0.0.0/8 -j MASQUERADE;-s 10.0.0.0/8 ! -o lo -j MASQUERADE;OK
:PREROUTING
-j MASQUERADE;=;FAIL
:OUTPUT
-j MASQUERADE;=;FAIL
:INPUT
-j MASQUERADE;=;FAIL
*mangle
:POSTROUTING
-j MASQUERADE;=;FAIL
%6
*nat
:POSTROUTING
-j MASQUERADE;=;OK
-p tcp -j MASQUERADE --to-ports 10-20 --random;=;OK
-p icmpv6 -j MASQUERADE --to-ports 5;=;FAIL
