%4
*mangle
:POSTROUTING
-p tcp -j TCPMSS;=;FAIL
-p tcp -j TCPMSS --set-mss 42;=;FAIL
-p tcp --syn -j TCPMSS;=;FAIL
-p tcp --syn -j TCPMSS --set-mss 42;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --set-mss 42;OK
-p tcp --syn -j TCPMSS --set-mss 65535;=;FAIL
-p tcp --syn -j TCPMSS --set-mss 65536;=;FAIL
-p tcp --syn -j TCPMSS --set-mss 0;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --set-mss 0;OK
-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --clamp-mss-to-pmtu;OK
-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu --set-mss 3;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --set-mss 3;OK
-p tcp --tcp-flags SYN SYN -j TCPMSS --clamp-mss-to-pmtu;-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --clamp-mss-to-pmtu;OK
-p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu;-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu;OK
-p tcp --tcp-flags SYN,RST SYN,RST -j TCPMSS --clamp-mss-to-pmtu;-p tcp -m tcp --tcp-flags SYN,RST SYN,RST -j TCPMSS --clamp-mss-to-pmtu;OK
-p tcp ! --syn -j TCPMSS --clamp-mss-to-pmtu;=;FAIL
-p tcp --tcp-flags RST RST -j TCPMSS --clamp-mss-to-pmtu;=;FAIL
-p tcp --tcp-flags SYN,RST SYN -m tcpmss --mss 1400:1500 -j TCPMSS --clamp-mss-to-pmtu;-p tcp -m tcp --tcp-flags SYN,RST SYN -m tcpmss --mss 1400:1500 -j TCPMSS --clamp-mss-to-pmtu;OK
-j TCPMSS --clamp-mss-to-pmtu;=;FAIL
-p udp -j TCPMSS --clamp-mss-to-pmtu;=;FAIL
:PREROUTING
-j TCPMSS --set-mss 4;=;FAIL
-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu;=;FAIL
-p tcp --syn -j TCPMSS --set-mss 5;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --set-mss 5;OK
*filter
:INPUT
-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu;=;FAIL
:FORWARD
-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --clamp-mss-to-pmtu;OK
:OUTPUT
-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --clamp-mss-to-pmtu;OK
*mangle
:INPUT
-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu;=;FAIL
-p tcp --syn -j TCPMSS --set-mss 5;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --set-mss 5;OK
%6
*mangle
:POSTROUTING
-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --clamp-mss-to-pmtu;OK
-p tcp --syn -j TCPMSS --set-mss 5;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --set-mss 5;OK
