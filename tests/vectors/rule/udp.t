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
