%4
*filter
:FORWARD
-p tcp -m tcpmss --mss 1400;=;OK
-p tcp -m tcpmss --mss 1400:1500;=;OK
-p tcp -m tcpmss ! --mss 1400:1500;=;OK
-p tcp -m tcpmss --mss :1500;-p tcp -m tcpmss --mss 0:1500;OK
-p tcp -m tcpmss --mss 1400:;-p tcp -m tcpmss --mss 1400:65535;OK
-p tcp -m tcpmss --mss :;-p tcp -m tcpmss --mss 0:65535;OK
-p tcp -m tcpmss --mss 5:5;-p tcp -m tcpmss --mss 5;OK
-p tcp -m tcpmss --mss 0:65535;=;OK
-p tcp -m tcpmss --mss 1500:1400;=;FAIL
-p tcp -m tcpmss --mss 65536;=;FAIL
-p tcp -m tcpmss --mss 0x10;-p tcp -m tcpmss --mss 16;OK
-p tcp -m tcpmss --mss 010;-p tcp -m tcpmss --mss 8;OK
-p tcp -m tcpmss --mss x;=;FAIL
-p tcp -m tcpmss --mss 1,2;=;FAIL
-p tcp -m tcpmss;=;FAIL
-p tcp -m tcpmss --mss 1 --mss 2;=;FAIL
-m tcpmss --mss 5;=;FAIL
-p udp -m tcpmss --mss 5;=;FAIL
! -p tcp -m tcpmss --mss 5;=;FAIL
-p tcp --mss 5;=;FAIL
%6
-p tcp -m tcpmss --mss 5;=;OK
