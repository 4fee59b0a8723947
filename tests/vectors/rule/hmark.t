%4
*mangle
:PREROUTING
-j HMARK --hmark-src-prefix 32 --hmark-rnd 0xdeafbeef --hmark-offset 0x000186a0 --hmark-tuple src --hmark-mod 100;-j HMARK --hmark-src-prefix 32 --hmark-rnd 0xdeafbeef --hmark-mod 100 --hmark-offset 100000;OK
-j HMARK --hmark-tuple src,dst,sport,dport --hmark-mod 10 --hmark-rnd 1;-j HMARK --hmark-src-prefix 32 --hmark-dst-prefix 32 --hmark-sport-mask 0xffff --hmark-dport-mask 0xffff --hmark-rnd 0x00000001 --hmark-mod 10;OK
-j HMARK --hmark-tuple src,dst,sport,dport,ct --hmark-mod 10 --hmark-rnd 1;-j HMARK --hmark-src-prefix 32 --hmark-dst-prefix 32 --hmark-sport-mask 0xffff --hmark-dport-mask 0xffff --hmark-rnd 0x00000001 --hmark-mod 10 --hmark-tuple ct;OK
-j HMARK --hmark-tuple src,dst,sport,dport,ct --hmark-mod 10 --hmark-rnd 1 --hmark-proto-mask 0x6 --hmark-src-prefix 24 --hmark-dst-prefix 16 --hmark-sport-mask 0xff --hmark-dport-mask 0xff00;=;FAIL
-j HMARK --hmark-tuple src,dst --hmark-mod 10 --hmark-spi-mask 0xf;=;FAIL
-j HMARK --hmark-tuple src,dst --hmark-mod 10 --hmark-spi 0xf;=;FAIL
-j HMARK --hmark-tuple src,dst --hmark-mod 10 --hmark-sport 80 --hmark-dport 25;=;FAIL
-j HMARK --hmark-tuple src --hmark-mod 0;=;FAIL
-j HMARK --hmark-tuple src;=;FAIL
-j HMARK --hmark-mod 5;=;FAIL
-j HMARK;=;FAIL
-j HMARK --hmark-tuple foo --hmark-mod 5;=;FAIL
*filter
:INPUT
-j HMARK --hmark-tuple src --hmark-mod 3;=;FAIL
*raw
:PREROUTING
-j HMARK --hmark-tuple src --hmark-mod 3;=;FAIL
*mangle
:PREROUTING
-j HMARK --hmark-tuple src,dst --hmark-mod 10 --hmark-rnd 5;-j HMARK --hmark-src-prefix 32 --hmark-dst-prefix 32 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-tuple src --hmark-mod 10 --hmark-rnd 5 --hmark-offset 7;-j HMARK --hmark-src-prefix 32 --hmark-rnd 0x00000005 --hmark-mod 10 --hmark-offset 7;OK
-j HMARK --hmark-tuple dst --hmark-mod 10 --hmark-rnd 5 --hmark-offset 0;-j HMARK --hmark-dst-prefix 32 --hmark-rnd 0x00000005 --hmark-mod 10 --hmark-offset 0;OK
-j HMARK --hmark-tuple sport --hmark-mod 10 --hmark-rnd 5;-j HMARK --hmark-sport-mask 0xffff --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-tuple dport --hmark-mod 10 --hmark-rnd 5;-j HMARK --hmark-dport-mask 0xffff --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-tuple spi --hmark-mod 10 --hmark-rnd 5;-j HMARK --hmark-spi-mask 0xffffffff --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-tuple proto --hmark-mod 10 --hmark-rnd 5;-j HMARK --hmark-proto-mask 0xffff --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-tuple ct --hmark-mod 10 --hmark-rnd 5;-j HMARK --hmark-rnd 0x00000005 --hmark-mod 10 --hmark-tuple ct;OK
-j HMARK --hmark-tuple src,proto --hmark-mod 10 --hmark-rnd 5;-j HMARK --hmark-src-prefix 32 --hmark-proto-mask 0xffff --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-tuple sport,spi --hmark-mod 10 --hmark-rnd 5;=;FAIL
-j HMARK --hmark-tuple spi,sport --hmark-mod 10 --hmark-rnd 5;=;FAIL
-j HMARK --hmark-mod 10 --hmark-rnd 5;=;FAIL
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-src-prefix 24;-j HMARK --hmark-src-prefix 24 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-src-prefix 255.255.0.0;-j HMARK --hmark-src-prefix 16 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-src-prefix 24 --hmark-dst-prefix 16 --hmark-sport-mask 0xff --hmark-dport-mask 0xff00 --hmark-proto-mask 0x6;-j HMARK --hmark-src-prefix 24 --hmark-dst-prefix 16 --hmark-sport-mask 0x00ff --hmark-dport-mask 0xff00 --hmark-proto-mask 0x06 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-spi-mask 0xf;-j HMARK --hmark-spi-mask 0x0000000f --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-spi 0xf;-j HMARK --hmark-spi 0x0000000f --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-spi-mask 0xf0 --hmark-spi 0xf;-j HMARK --hmark-spi-mask 0x000000f0 --hmark-spi 0x0000000f --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-sport 80;-j HMARK --hmark-sport 0x0050 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-dport 80;-j HMARK --hmark-dport 0x0050 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-sport 80 --hmark-sport-mask 0xff;-j HMARK --hmark-sport-mask 0x00ff --hmark-sport 0x0050 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-sport-mask 0xffff;-j HMARK --hmark-sport-mask 0xffff --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-sport-mask 65536;=;FAIL
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-spi-mask 0xf --hmark-sport-mask 0xf;=;FAIL
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-spi-mask 0xf --hmark-sport 5;-j HMARK --hmark-spi-mask 0x0000000f --hmark-sport 0x0005 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-proto-mask 0xff;-j HMARK --hmark-proto-mask 0xff --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-proto-mask 0xffff;-j HMARK --hmark-proto-mask 0xffff --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-proto-mask 0x10000;=;FAIL
-j HMARK --hmark-mod 0x10 --hmark-rnd 0 --hmark-tuple src;-j HMARK --hmark-src-prefix 32 --hmark-rnd 0x00000000 --hmark-mod 16;OK
-j HMARK --hmark-mod 4294967295 --hmark-rnd 4294967295 --hmark-tuple src;-j HMARK --hmark-src-prefix 32 --hmark-rnd 0xffffffff --hmark-mod 4294967295;OK
-j HMARK --hmark-mod 4294967296 --hmark-rnd 5 --hmark-tuple src;=;FAIL
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-tuple src --hmark-offset 4294967295;-j HMARK --hmark-src-prefix 32 --hmark-rnd 0x00000005 --hmark-mod 10 --hmark-offset 4294967295;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-tuple dst,src,ct,dport,sport,proto;-j HMARK --hmark-src-prefix 32 --hmark-dst-prefix 32 --hmark-sport-mask 0xffff --hmark-dport-mask 0xffff --hmark-proto-mask 0xffff --hmark-rnd 0x00000005 --hmark-mod 10 --hmark-tuple ct;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-tuple src,src;-j HMARK --hmark-src-prefix 32 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-tuple ct,src --hmark-dst-prefix 8;-j HMARK --hmark-src-prefix 32 --hmark-dst-prefix 8 --hmark-rnd 0x00000005 --hmark-mod 10 --hmark-tuple ct;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-tuple "";=;FAIL
-p tcp -j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-tuple src,;=;FAIL
*raw
:PREROUTING
-j HMARK --hmark-tuple src --hmark-mod 3 --hmark-rnd 3;-j HMARK --hmark-src-prefix 32 --hmark-rnd 0x00000003 --hmark-mod 3;OK
*mangle
:PREROUTING
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-sport 80 --hmark-dport 25 --hmark-proto-mask 6 --hmark-sport-mask 0xff;-j HMARK --hmark-sport-mask 0x00ff --hmark-sport 0x0050 --hmark-dport 0x0019 --hmark-proto-mask 0x06 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-spi 5 --hmark-dport 25 --hmark-proto-mask 6 --hmark-sport 0xff;=;FAIL
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-offset 5;=;FAIL
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-tuple sport --hmark-sport 5;-j HMARK --hmark-sport-mask 0xffff --hmark-sport 0x0005 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-tuple src --hmark-tuple dst;=;FAIL
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-src-prefix 0;-j HMARK --hmark-src-prefix 0 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-src-prefix 255.0.255.0;-j HMARK --hmark-src-prefix 32 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-src-prefix x;=;FAIL
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-tuple spi --hmark-spi 5;-j HMARK --hmark-spi-mask 0xffffffff --hmark-spi 0x00000005 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-sport http;=;FAIL
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-spi 5 --hmark-proto-mask 6;-j HMARK --hmark-spi 0x00000005 --hmark-proto-mask 0x06 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-spi-mask 5 --hmark-proto-mask 6;-j HMARK --hmark-spi-mask 0x00000005 --hmark-proto-mask 0x06 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-spi 5 --hmark-sport 6;=;FAIL
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-spi 5 --hmark-sport-mask 6;-j HMARK --hmark-sport-mask 0x0006 --hmark-spi 0x00000005 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-spi-mask 5 --hmark-sport 6;-j HMARK --hmark-spi-mask 0x00000005 --hmark-sport 0x0006 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-tuple proto,spi;-j HMARK --hmark-spi-mask 0xffffffff --hmark-proto-mask 0xffff --hmark-rnd 0x00000005 --hmark-mod 10;OK
%6
*mangle
:PREROUTING
-j HMARK --hmark-tuple src,dst --hmark-mod 10 --hmark-src-prefix 64;=;FAIL
-j HMARK --hmark-tuple src,dst --hmark-mod 10 --hmark-src-prefix ffff::;=;FAIL
-j HMARK --hmark-tuple src,dst --hmark-mod 10 --hmark-rnd 5;-j HMARK --hmark-src-prefix 128 --hmark-dst-prefix 128 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-src-prefix 64;-j HMARK --hmark-src-prefix 64 --hmark-rnd 0x00000005 --hmark-mod 10;OK
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-src-prefix 129;=;FAIL
-j HMARK --hmark-mod 10 --hmark-rnd 5 --hmark-src-prefix 128;-j HMARK --hmark-src-prefix 128 --hmark-rnd 0x00000005 --hmark-mod 10;OK
