%4
*filter
:FORWARD
-p udplite;=;OK
-p udp --dport 53 --sport 53;-p udp -m udp --sport 53 --dport 53;OK
-p udp --syn;=;FAIL
-p tcp -m udp;=;FAIL
-p tcp -p udp;=;FAIL
-p udp --dport domain;-p udp -m udp --dport 53;OK
-p udp --source-port 53 --destination-port 54;-p udp -m udp --sport 53 --dport 54;OK
-p udp ! --dport 1024:65535;-p udp -m udp ! --dport 1024:65535;OK
-p udp -m udp;=;OK
! -s 10.0.0.0/8 ! -d 192.168.0.0/16 ! -i eth0 ! -o eth1 ! -p udp;=;OK
-p udp ! --sport 53;-p udp -m udp ! --sport 53;OK
%4
*filter
:FORWARD
-p udp --sport 5;-p udp -m udp --sport 5;OK
-p udp -m udp --sport 5:6 --dport 7:;-p udp -m udp --sport 5:6 --dport 7:65535;OK
-p udp ! --sport 5:6 ! --dport 7:;-p udp -m udp ! --sport 5:6 ! --dport 7:65535;OK
-p udp --source-port domain --destination-port ntp;-p udp -m udp --sport 53 --dport 123;OK
-p udp --dport :;-p udp -m udp;OK
-p udp ! --dport 0:65535;-p udp -m udp ! --dport 0:65535;OK;1.8.9=-p udp -m udp
-p udp --dport 5:4;=;FAIL;1.8.9=-p udp -m udp --dport 5:4
-p udp --dport 65536;=;FAIL;1.8.9=-p udp -m udp --dport 0
-p udp --dport x;=;FAIL
-p udp --dport 5-6;=;FAIL
-p udplite --dport 5;=;FAIL
-p udp --dport 5 --dport 6;=;FAIL
