%4
*mangle
:PREROUTING
-j HMARK --hmark-tu src,ct --hmark-mo 10 --hmark-r 5;-j HMARK --hmark-src-prefix 32 --hmark-rnd 0x00000005 --hmark-mod 10 --hmark-tuple ct;OK
-j DSCP --set-dscp-c EF;-j DSCP --set-dscp 0x2e;OK
-j DSCP --set-dscp 3;-j DSCP --set-dscp 0x03;OK
-j TTL --ttl-s 5;-j TTL --ttl-set 5;OK
-p tcp -j TPROXY --on-p 5;-p tcp -j TPROXY --on-port 5 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0;OK
-j NFQUEUE --queue-n 5;-j NFQUEUE --queue-num 5;OK
-j NFQUEUE --queue-b 1:5;=;FAIL
-j TOS --set 5;=;FAIL
*filter
:INPUT
-p tcp -j SYNPROXY --sack --time --ws 3 --ms 4 --ec;-p tcp -j SYNPROXY --sack-perm --timestamp --wscale 3 --mss 4 --ecn;OK
-j IDLETIMER --time 3 --lab x;-j IDLETIMER --timeout 3 --label x;OK
*nat
:POSTROUTING
-p tcp -j MASQUERADE --to 5;-p tcp -j MASQUERADE --to-ports 5;OK
-j MASQUERADE --rand;=;FAIL
-j MASQUERADE --random-;-j MASQUERADE --random-fully;OK
-j SNAT --to 1.1.1.1 --random-f;-j SNAT --to-source 1.1.1.1 --random-fully;OK
-j SNAT --to-so 1.1.1.1 --per;-j SNAT --to-source 1.1.1.1 --persistent;OK
