%4
*filter
:FORWARD
-p tcp -m multiport --dports 80,443;=;OK
-p tcp -m multiport --ports http,1024:2000;-p tcp -m multiport --ports 80,1024:2000;OK
-p udp -m multiport ! --sports 53;=;OK
-p tcp -m multiport --destination-ports 1 --source-ports 2;=;FAIL
-p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15;=;OK
-p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16;=;FAIL
-p tcp -m multiport --dports 1:2,3:4,5:6,7:8,9:10,11:12,13:14,15;=;OK
-p tcp -m multiport --dports 1:2,3:4,5:6,7:8,9:10,11:12,13:14,15:16;=;FAIL
-p tcp -m multiport --dports 5:4;=;FAIL
-p tcp -m multiport --dports 5:;=;FAIL
-p tcp -m multiport --dports :5;=;FAIL
-p tcp -m multiport --dports 80,;=;FAIL
-p tcp -m multiport --dports ,80;=;FAIL
-p tcp -m multiport;=;FAIL
-m multiport --dports 80;=;FAIL
! -p tcp -m multiport --dports 80;=;FAIL
-p icmp -m multiport --dports 80;=;FAIL
-p sctp -m multiport --dports 80;=;OK
-p udplite -m multiport --dports 80;=;OK
-p 33 -m multiport --dports 80;=;OK;1.8.9=-p dccp -m multiport --dports 80
-m multiport --dports 80 -p tcp;=;FAIL
-p tcp -m multiport --port 80;-p tcp -m multiport --ports 80;OK
%4
*filter
:FORWARD
-p tcp -m multiport --source-ports 1,2;-p tcp -m multiport --sports 1,2;OK
-p tcp -m multiport ! --destination-ports 1,2:4;-p tcp -m multiport ! --dports 1,2:4;OK
-p udp -m multiport ! --ports 53;=;OK
%4
*filter
:FORWARD
-p tcp -m multiport --dports 80,443 -m multiport ! --sports 1;=;OK
-p tcp -m multiport --dports http,https;-p tcp -m multiport --dports 80,443;OK
-p tcp -m multiport --dports 80 --dports 81;=;FAIL
-p tcp -m multiport --dport 80;-p tcp -m multiport --dports 80;OK
-p tcp -m multiport --sport 80;-p tcp -m multiport --sports 80;OK
-p tcp -m multiport --source-port 80;-p tcp -m multiport --sports 80;OK
-p tcp -m multiport --dports 0:65535;=;OK
-p tcp -m multiport --dports 80:80;=;FAIL
-p tcp -m multiport --dports 80:81:82;=;FAIL
-p tcp -m multiport --dports "";=;FAIL
-p udp -m multiport ! --ports 5:9,10;=;OK
-p all -m multiport --dports 80;=;FAIL
