%4
*filter
:FORWARD
-s 10/8;-s 10.0.0.0/8;OK
-s 10.1/16;-s 10.1.0.0/16;OK
-s 1.2.3.4/255.255.0.255;-s 1.2.0.4/255.255.0.255;OK
-s 1.2.3.4/24;-s 1.2.3.0/24;OK
-s 0/0;;OK
! -s 0.0.0.0/0;=;OK
-s any/0;;OK
-s 010.1.1.1;-s 8.1.1.1/32;OK
-s 1.2.3.4/0x10;-s 1.2.0.0/16;OK
-s 1.2.3.4/;=;FAIL
! -i +;=;OK;1.8.9=
-i +;;OK
-i eth+;=;OK
-i "";=;FAIL
-i verylonginterfacename;=;FAIL
-i "a b";=;FAIL;1.8.9=-i a b
-i eth/0;=;OK
-p 6;-p tcp;OK
-p TCP;-p tcp;OK
-p gre;-p 47;OK;1.8.9=-p gre
-p igmp;-p 2;OK;1.8.9=-p igmp
-p icmpv6;-p ipv6-icmp;OK
-p mh;-p ipv6-mh;OK;1.8.9=-p mobility-header
-p dccp;-p 33;OK;1.8.9=-p dccp
-p sctp;=;OK
-p ah;=;OK
-p esp;=;OK
-p ipv6;-p 41;OK;1.8.9=-p ipv6
-p 255;=;OK
-p 256;=;FAIL
-p 0;;OK
-p all;;OK
! -p all;=;FAIL
-p xyz;=;FAIL
-f;=;OK
! -f;=;OK
-s 1.2.3.4,5.6.7.8 -d 9.9.9.9,8.8.8.8;-s 1.2.3.4/32 -d 9.9.9.9/32 | -s 1.2.3.4/32 -d 8.8.8.8/32 | -s 5.6.7.8/32 -d 9.9.9.9/32 | -s 5.6.7.8/32 -d 8.8.8.8/32;OK
! -s 1.2.3.4,5.6.7.8;=;FAIL
-s 1.2.3.4,;=;FAIL
-s ,1.2.3.4;=;FAIL
-s ! 1.2.3.4;=;FAIL
! ! -s 1.2.3.4;=;FAIL
-s 1.2.3.4 !;=;FAIL
! -j ACCEPT;=;FAIL
-s 1.1.1.1 -s 2.2.2.2;=;FAIL
-j ACCEPT -j DROP;=;FAIL
-j accept;=;FAIL
-j FOO;=;FAIL
-j NOPE --x;=;FAIL
-j ULOG;=;FAIL
-m nope;=;FAIL
-m Comment --comment x;=;FAIL
-j "";=;FAIL
-g nochain;=;FAIL
-g ACCEPT;=;FAIL
-o eth0;=;OK
--source 1.2.3.4 --destination 2.3.4.5 --protocol tcp --in-interface eth0 --out-interface eth1 --jump ACCEPT;-s 1.2.3.4/32 -d 2.3.4.5/32 -i eth0 -o eth1 -p tcp -j ACCEPT;OK
--src 1.2.3.4 --dst 2.3.4.5 --proto tcp;-s 1.2.3.4/32 -d 2.3.4.5/32 -p tcp;OK
-ptcp -ieth0 -s1.2.3.4 -jACCEPT;-s 1.2.3.4/32 -i eth0 -p tcp -j ACCEPT;OK;1.8.9=FAIL
-c 1 2 -j ACCEPT;-j ACCEPT;OK
-c 1,2 -j ACCEPT;-j ACCEPT;OK
-c 1 -j ACCEPT;=;FAIL
--set-counters 5 6;;OK
-c 1 x;=;FAIL
foo;=;FAIL
-z;=;FAIL
--nope;=;FAIL
-p tcp -z;=;FAIL
-s 1.2.3.4 -d 5.6.7.8 -i lo -j DROP;-s 1.2.3.4/32 -d 5.6.7.8/32 -i lo -j DROP;OK
-j ACCEPT;=;OK
-j DROP;=;OK
-j RETURN;=;OK
-d 224.0.0.0/4;=;OK
-s 0.0.0.0/32;=;OK
-i eth0.100;=;OK
-i +eth;=;OK
-s 1.2.3.4/33;=;FAIL
-s 1.2.3.4/-1;=;FAIL
-s 256.1.1.1;=;FAIL
-s 1.2.3;-s 1.2.3.0/32;OK
-s ::1;=;FAIL
-j RETURN --foo;=;FAIL
-j QUEUE;=;FAIL;1.8.9==
-j CONTINUE;=;FAIL
%6
*filter
:FORWARD
-s 2001:db8::1;-s 2001:db8::1/128;OK
-s 2001:DB8::1/64;-s 2001:db8::/64;OK
-s ::/0;;OK
-s ::1/ffff::;-s ::/16;OK
-s 2001:db8::1/ffff:0:ffff::;-s 2001::/ffff:0:ffff::;OK
-s ::ffff:1.2.3.4;-s ::ffff:1.2.3.4/128;OK
-f;=;FAIL
! -s fe80::/10 ! -d ff00::/8;=;OK
-s 2001:db8::1,2001:db8::2;-s 2001:db8::1/128 | -s 2001:db8::2/128;OK
-p 59;=;OK;1.8.9=-p ipv6-nonxt
-p 0;;OK
-s 1.2.3.4;=;FAIL
-s 2001:db8::1/129;=;FAIL
-s 2001:db8::g;=;FAIL
