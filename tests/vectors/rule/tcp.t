%4
*filter
:FORWARD
-p tcp --dport 80;-p tcp -m tcp --dport 80;OK
-p 6 --dport 80;-p tcp -m tcp --dport 80;OK
-p tcp --dport http;-p tcp -m tcp --dport 80;OK
-p tcp --dport HTTP;=;FAIL
-p tcp --dport 0x50;-p tcp -m tcp --dport 80;OK
-p tcp --dport 010;-p tcp -m tcp --dport 8;OK
-p tcp --dport 80:;-p tcp -m tcp --dport 80:65535;OK
-p tcp --dport :80;-p tcp -m tcp --dport 0:80;OK
-p tcp --dport :;-p tcp -m tcp;OK
-p tcp ! --dport :;-p tcp -m tcp ! --dport 0:65535;OK;1.8.9=-p tcp -m tcp
-p tcp --dport 5:4;=;FAIL
-p tcp --dport 70000;=;FAIL
-p tcp --dport -1;=;FAIL
-p tcp --dport "";=;FAIL
-p tcp --dport 80,81;=;FAIL
-p tcp -m tcp --sport 1 --dport 2 --tcp-option 5;=;OK
-p tcp --syn;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN;OK
-p tcp ! --syn;-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN;OK
-p tcp --tcp-flags ALL NONE;-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE;OK
-p tcp --tcp-flags SYN,ACK SYN;-p tcp -m tcp --tcp-flags SYN,ACK SYN;OK
-p tcp --tcp-flags syn,ack syn;-p tcp -m tcp --tcp-flags SYN,ACK SYN;OK
-p tcp --tcp-flags ALL SYN,FIN,RST,URG,PSH,ACK;-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG FIN,SYN,RST,PSH,ACK,URG;OK
-p tcp --tcp-flags NONE NONE;-p tcp -m tcp;OK
-p tcp --tcp-flags SYN;=;FAIL
-p tcp --tcp-flags XX SYN;=;FAIL
-p tcp --dpo 80;-p tcp -m tcp --dport 80;OK
-p tcp --d 80;=;FAIL
-p tcp --tcp-option 0;=;FAIL
-p tcp --tcp-option 256;=;FAIL
--dport 80 -p tcp;=;FAIL
! -p tcp --dport 80;=;FAIL
! -p tcp -m tcp --dport 80;=;FAIL
-m tcp --dport 80;=;FAIL
-p tcp -m tcp -m tcp;=;OK
! -m tcp;=;FAIL
--protocol=tcp --match=tcp --dport=80;-p tcp -m tcp --dport 80;OK;1.8.9=FAIL
-p tcp --source-port 80 --destination-port 81;-p tcp -m tcp --sport 80 --dport 81;OK
-p tcp ! --sport 80 ! --dport 81:90;-p tcp -m tcp ! --sport 80 ! --dport 81:90;OK
-p tcp -m tcp ! --tcp-option 5;=;OK
-p tcp --dport ftp:ssh;-p tcp -m tcp --dport 21:22;OK
-p tcp --dport telnet:ftp;=;FAIL
-p tcp -m tcp --tcp-flags SYN,RST SYN --syn;=;FAIL
-j ACCEPT -p tcp --dport 80;-p tcp -m tcp --dport 80 -j ACCEPT;OK
-j ACCEPT --dport 80;=;FAIL
%6
*filter
:FORWARD
-p tcp --dport 80 -j ACCEPT;-p tcp -m tcp --dport 80 -j ACCEPT;OK
%4
*filter
:FORWARD
-p tcp --dport 5 --sport 6 --tcp-flags SYN SYN ! --tcp-option 7;-p tcp -m tcp --sport 6 --dport 5 ! --tcp-option 7 --tcp-flags SYN SYN;OK
-p tcp -m tcp --tcp-flags ALL ALL;-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG FIN,SYN,RST,PSH,ACK,URG;OK
-p tcp -m tcp ! --tcp-flags NONE NONE;=;OK
-p tcp -m tcp ! --sport 0:65535;=;OK;1.8.9=-p tcp -m tcp
-p tcp -m tcp --sport ssh;-p tcp -m tcp --sport 22;OK
-p tcp -m tcp --sport 22:ssh;-p tcp -m tcp --sport 22;OK
-p tcp --tcp-flags SYN,FIN,RST,ACK SYN;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN;OK
-p tcp --tcp-flags SYN,SYN SYN;-p tcp -m tcp --tcp-flags SYN SYN;OK
-p tcp --tcp-option 5 --tcp-option 6;=;FAIL
-p tcp --tcp-option 0x5;-p tcp -m tcp --tcp-option 5;OK
-p tcp --tcp-option x;=;FAIL
-s 1.2.3.4 -f -p tcp;-s 1.2.3.4/32 -p tcp -f;OK
