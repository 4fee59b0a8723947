%4
*nat
:PREROUTING
-j DNAT --to-destination 1.1.1.1;=;OK
-j DNAT --to-destination 1.1.1.1-1.1.1.10;=;OK
-p tcp -j DNAT --to-destination 1.1.1.1:1025-65535;=;OK
-p tcp -j DNAT --to-destination 1.1.1.1-1.1.1.10:1025-65535;=;OK
-p tcp -j DNAT --to-destination 1.1.1.1-1.1.1.10:1025-65536;=;FAIL
-p tcp -j DNAT --to-destination :80;=;OK
-p udp -j DNAT --to-destination 1.1.1.1:1000-2000/1000;=;OK
-p tcp -j DNAT --to-destination 1.1.1.1:1000-2000/3000;=;OK
-p tcp -j DNAT --to-destination :1000-2000/1000;=;OK
-p tcp -j DNAT --to-destination 1.1.1.1:20-20/5;=;OK;1.8.9=-p tcp -j DNAT --to-destination 1.1.1.1:20/5
-p tcp -j DNAT --to-destination 1.1.1.1:10-20/ssh;-p tcp -j DNAT --to-destination 1.1.1.1:10-20/22;OK
-p tcp -j DNAT --to-destination 1.1.1.1:1000-2000/0;=;FAIL
-p tcp -j DNAT --to-destination 1.1.1.1:1000-2000/65536;=;FAIL
-p tcp -j DNAT --to-destination 1.1.1.1:1000/1000;=;FAIL
-p tcp -j DNAT --to-destination 1.1.1.1:http;-p tcp -j DNAT --to-destination 1.1.1.1:80;OK
-p tcp -j DNAT --to-destination 1.1.1.1:ftp-data;-p tcp -j DNAT --to-destination 1.1.1.1:20;OK
-p tcp -j DNAT --to-destination 1.1.1.1:http-2000;=;FAIL
-p tcp -j DNAT --to-destination 1.1.1.1:1000-http;=;FAIL
-p tcp -j DNAT --to-destination 1.1.1.1:9-8;=;FAIL
-p tcp -j DNAT --to-destination 1.1.1.1:0x10;-p tcp -j DNAT --to-destination 1.1.1.1:16;OK
-p tcp -j DNAT --to-destination 1.1.1.1:010;-p tcp -j DNAT --to-destination 1.1.1.1:8;OK
-p tcp -j DNAT --to-destination 1.1.1.1:0;=;OK
-p tcp -j DNAT --to-destination 1.1.1.1-1.1.1.1:5;-p tcp -j DNAT --to-destination 1.1.1.1:5;OK
-p icmp -j DNAT --to-destination 1.1.1.1:5;=;OK
-p udplite -j DNAT --to-destination 1.1.1.1:5;=;FAIL
-j DNAT --to-destination 1.1.1.1:5 -p tcp;=;FAIL
-p tcp -j DNAT --to-destination "";=;FAIL
-p tcp -j DNAT --to-destination 1.1.1.1-;=;FAIL
-p tcp -j DNAT --to-destination 1.1.1.1-2.2.2.2-3.3.3.3;=;FAIL
-p tcp -j DNAT --to-destination :;=;FAIL
-p tcp -j DNAT --to-destination 1.1.1.1:;=;FAIL
-j DNAT --to-destination 0.0.0.0;=;OK
-j DNAT --to-destination 1.1;=;FAIL
-j DNAT --to-destination host;=;FAIL
-j DNAT --to-destination ::1;=;FAIL
-j DNAT --to-destination 1.1.1.1/24;=;FAIL
-j DNAT --to-destination 1.1.1.1 --random;=;OK
-j DNAT --to-destination 1.1.1.1 --persistent;=;OK
-p tcp -j DNAT --random --to-destination 1.1.1.1 --persistent;-p tcp -j DNAT --to-destination 1.1.1.1 --random --persistent;OK
-j DNAT --to-destination 1.1.1.1 --random-fully;=;FAIL
-j DNAT --to-destination 1.1.1.1 --to-destination 1.1.1.2;=;FAIL
-j DNAT ! --to-destination 1.1.1.1;=;FAIL
-j DNAT --to 1.1.1.1;-j DNAT --to-destination 1.1.1.1;OK
-j DNAT;=;FAIL
:OUTPUT
-j DNAT --to-destination 1.1.1.1;=;OK
:INPUT
-j DNAT --to-destination 1.1.1.1;=;FAIL
:POSTROUTING
-j DNAT --to-destination 1.1.1.1;=;FAIL
*mangle
:PREROUTING
-j DNAT --to-destination 1.1.1.1;=;FAIL
%6
*nat
:PREROUTING
-j DNAT --to-destination dead::beef;=;OK
-j DNAT --to-destination DEAD:0:0::BEEF-dead::fee7;-j DNAT --to-destination dead::beef-dead::fee7;OK
-j DNAT --to-destination 2001:DB8::1-2001:db8::1;-j DNAT --to-destination 2001:db8::1;OK
-p tcp -j DNAT --to-destination [dead::beef]:1025-65535;=;OK
-p tcp -j DNAT --to-destination [dead::beef-dead::fee7]:1025-65535;=;OK
-p tcp -j DNAT --to-destination [dead::beef-dead::fee7]:1025-65535/1024;=;OK
-p tcp -j DNAT --to-destination [dead::beef-dead::fee7]:1025-65536;=;FAIL
-p tcp -j DNAT --to-destination [dead::beef]-[dead::fee7]:1025;=;FAIL
-p tcp -j DNAT --to-destination [dead::beef];-p tcp -j DNAT --to-destination dead::beef;OK
-p tcp -j DNAT --to-destination [dead::beef;=;FAIL
-p tcp -j DNAT --to-destination [dead::beef]:;=;FAIL
-p tcp -j DNAT --to-destination []:80;-p tcp -j DNAT --to-destination :80;OK
-p tcp -j DNAT --to-destination :80;=;OK
-p tcp -j DNAT --to-destination ::1:80;-p tcp -j DNAT --to-destination ::0.1.0.128;OK
-j DNAT --to-destination ::ffff:1.2.3.4;=;OK
-j DNAT --to-destination ::1-::2;=;OK
-j DNAT --to-destination [::1]:5;=;FAIL
-p icmpv6 -j DNAT --to-destination [::1]:5;=;FAIL
-j DNAT --to-destination 1.1.1.1;=;FAIL
