%6
*filter
:FORWARD
-m policy --dir in --pol ipsec --strict --mode tunnel --tunnel-src 2001:db8::1;=;OK
%4
-m policy --dir in --pol none;=;OK
-m policy --dir out --pol none;=;OK
-m policy --dir in --pol ipsec;=;OK
-m policy --dir in;-m policy --dir in --pol ipsec;OK
-m policy --pol none;=;FAIL
-m policy --dir IN --pol none;=;FAIL
-m policy --dir in --pol NONE;=;FAIL
-m policy --dir in --pol x;=;FAIL
-m policy --dir x --pol none;=;FAIL
-m policy --dir in --pol none --strict;=;FAIL
-m policy --dir in --pol ipsec --strict;=;FAIL
-m policy --dir in --pol ipsec --strict --reqid 1;=;OK
-m policy --dir in --pol ipsec --reqid 1;=;OK
-m policy --dir in --pol ipsec ! --reqid 0x1;-m policy --dir in --pol ipsec ! --reqid 1;OK
-m policy --dir in --pol ipsec --spi 1;-m policy --dir in --pol ipsec --spi 0x1;OK
-m policy --dir in --pol ipsec --spi 0x1f;=;OK
-m policy --dir in --pol ipsec ! --spi 0x1f;=;OK
-m policy --dir in --pol ipsec --proto esp;=;OK
-m policy --dir in --pol ipsec --proto ah;=;OK
-m policy --dir in --pol ipsec --proto ipcomp;=;OK
-m policy --dir in --pol ipsec --proto 50;-m policy --dir in --pol ipsec --proto esp;OK
-m policy --dir in --pol ipsec --proto tcp;=;FAIL
-m policy --dir in --pol ipsec ! --proto esp;=;OK
-m policy --dir in --pol ipsec --mode tunnel;=;OK
-m policy --dir in --pol ipsec --mode transport;=;OK
-m policy --dir in --pol ipsec ! --mode transport;=;OK
-m policy --dir in --pol ipsec --mode x;=;FAIL
-m policy --dir in --pol ipsec --mode TUNNEL;=;FAIL
-m policy --dir in --pol ipsec --mode tunnel --tunnel-src 10.0.0.0/8;=;OK
-m policy --dir in --pol ipsec --mode tunnel --tunnel-src 10.0.0.1;=;OK
-m policy --dir in --pol ipsec --mode tunnel ! --tunnel-dst 10.0.0.1/24;=;OK
-m policy --dir in --pol ipsec --mode tunnel --tunnel-dst 10.0.0.1/255.0.255.0;=;OK;1.8.9=-m policy --dir in --pol ipsec --mode tunnel --tunnel-dst 10.0.0.1
-m policy --dir in --pol ipsec --tunnel-dst 10.0.0.1;=;FAIL
-m policy --dir in --pol ipsec --mode transport --tunnel-dst 10.0.0.1;=;FAIL
-m policy --dir in --pol ipsec --tunnel-dst 10.0.0.1 --mode tunnel;-m policy --dir in --pol ipsec --mode tunnel --tunnel-dst 10.0.0.1;OK
-m policy --dir in --pol ipsec --mode tunnel --tunnel-src 10.0.0.0/8 --tunnel-dst 10.0.0.0/8;-m policy --dir in --pol ipsec --mode tunnel --tunnel-dst 10.0.0.0/8 --tunnel-src 10.0.0.0/8;OK
-m policy --dir in --pol ipsec --strict --reqid 1 --next --reqid 2;=;OK
-m policy --dir in --pol ipsec --strict --reqid 1 --spi 0x1 --proto ipcomp;=;OK
-m policy --dir in --pol ipsec --strict --reqid 1 --spi 0x1 --proto ipcomp --mode tunnel --tunnel-dst 10.0.0.0/8 --tunnel-src 10.0.0.0/8 --next --reqid 2;=;OK
-m policy --dir in --pol ipsec --strict --reqid 1 --next --reqid 2 --next --reqid 3 --next --reqid 4;=;OK
-m policy --dir in --pol ipsec --strict --reqid 1 --next --reqid 2 --next --reqid 3 --next --reqid 4 --next --reqid 5;=;FAIL
-m policy --dir in --pol ipsec --reqid 1 --next --reqid 2;=;FAIL
-m policy --dir in --pol ipsec --strict --next --reqid 2;=;FAIL
-m policy --dir in --pol ipsec --strict --reqid 1 --next;=;FAIL
-m policy --dir in --pol ipsec --strict --reqid 1 --reqid 2;=;FAIL
-m policy --dir in --pol none --reqid 1;-m policy --dir in --pol none;OK
-m policy --dir in --pol ipsec --strict --reqid 1 ! --next --reqid 2;=;FAIL
-m policy --dir in --pol ipsec --reqid 4294967295;=;OK
-m policy --dir in --pol ipsec --reqid 4294967296;=;FAIL
-m policy ! --dir in --pol ipsec;=;FAIL
-m policy --dir in ! --pol ipsec;=;FAIL
-m policy --strict --reqid 1 --pol ipsec --dir out;-m policy --dir out --pol ipsec --strict --reqid 1;OK
-m policy;=;FAIL
:INPUT
-m policy --dir in --pol none;=;OK
-m policy --dir out --pol none;=;FAIL
:OUTPUT
-m policy --dir in --pol none;=;FAIL
-m policy --dir out --pol none;=;OK
*mangle
:PREROUTING
-m policy --dir in --pol none;=;OK
-m policy --dir out --pol none;=;FAIL
:POSTROUTING
-m policy --dir in --pol none;=;FAIL
-m policy --dir out --pol none;=;OK
%6
-m policy --dir out --pol ipsec --strict --mode tunnel --tunnel-src 2001:db8::1/64 --tunnel-dst ::1;-m policy --dir out --pol ipsec --strict --mode tunnel --tunnel-dst ::1 --tunnel-src 2001:db8::1/64;OK
-m policy --dir out --pol ipsec --strict --mode tunnel --tunnel-src 2001:db8::/32;=;OK
%4
*filter
:FORWARD
-m policy --dir in --pol none --mode tunnel --tunnel-src 10.0.0.1;-m policy --dir in --pol none;OK
-m policy --dir in --strict --mode tunnel --tunnel-src 10.0.0.1;-m policy --dir in --pol ipsec --strict --mode tunnel --tunnel-src 10.0.0.1;OK
-m policy --dir in --strict ! --mode transport ! --tunnel-src 10.0.0.1;-m policy --dir in --pol ipsec --strict ! --mode transport ! --tunnel-src 10.0.0.1;OK
-m policy --dir in --strict --mode tunnel --tunnel-src 10.0.0.1/0;-m policy --dir in --pol ipsec --strict --mode tunnel --tunnel-src 10.0.0.1/0;OK
-m policy --dir in --strict --mode tunnel --tunnel-src 0.0.0.0/0;-m policy --dir in --pol ipsec --strict --mode tunnel --tunnel-src 0.0.0.0/0;OK
-m policy --dir in --strict --mode tunnel --tunnel-src 10.0.0.1,10.0.0.2;=;FAIL
-m policy --dir in --dir in --strict --mode tunnel;=;FAIL
-m policy --dir in --pol ipsec --pol ipsec;=;FAIL
-m policy --dir in --strict --strict --mode tunnel;=;FAIL
-m policy --dir in --strict --spi 1 --spi 2;=;FAIL
-m policy --dir in --strict --proto esp --proto esp;=;FAIL
-m policy --dir in --strict --mode tunnel --mode tunnel;=;FAIL
-m policy --dir in --strict --mode tunnel --tunnel-src 1.1.1.1 --tunnel-src 2.2.2.2;=;FAIL
-m policy --dir in --strict --mode tunnel --tunnel-dst 1.1.1.1 --tunnel-dst 2.2.2.2;=;FAIL
-m policy --dir in --strict --proto ESP;=;FAIL
-m policy --dir in --strict --proto comp;=;FAIL
-m policy --dir in --strict --proto 108;-m policy --dir in --pol ipsec --strict --proto ipcomp;OK
-m policy --dir in --pol ipsec --next;=;FAIL
-m policy --dir in --pol ipsec --reqid 1 --mode tunnel --strict;-m policy --dir in --pol ipsec --strict --reqid 1 --mode tunnel;OK
-m policy --dir in --pol ipsec --next --strict --reqid 5;=;FAIL
-m policy --dir in --pol ipsec --spi x;=;FAIL
-m policy --dir in --pol none --strict --reqid 5;=;FAIL
-m policy --strict --dir in --pol none;=;FAIL
