%4
*nat
:PREROUTING
-j REDIRECT;=;OK
-j REDIRECT --random;=;OK
-p tcp -j REDIRECT --to-ports 42;=;OK
-p udp -j REDIRECT --to-ports 42-1234;=;OK
-p tcp -j REDIRECT --to-ports 42-1234 --random;=;OK
-p tcp -j REDIRECT --random --to-port 42;-p tcp -j REDIRECT --to-ports 42 --random;OK
-p tcp -j REDIRECT --to-ports 42-1234/567;=;FAIL
-p tcp -j REDIRECT --to-ports 5/3;=;FAIL
-p tcp -j REDIRECT --to-ports 5-5;-p tcp -j REDIRECT --to-ports 5;OK
-p tcp -j REDIRECT --to-ports 5-4;=;FAIL
-p tcp -j REDIRECT --to-ports 5,6;=;FAIL
-p tcp -j REDIRECT --to-ports 5:6;=;FAIL
-p tcp -j REDIRECT --to-ports "";=;FAIL
-p tcp -j REDIRECT --to-ports 65536;=;FAIL
-p tcp -j REDIRECT --to-ports http;-p tcp -j REDIRECT --to-ports 80;OK
-p tcp -j REDIRECT --to-ports ftp-data;-p tcp -j REDIRECT --to-ports 20;OK
-p tcp -j REDIRECT --to-ports ssh-http;=;FAIL
-p tcp -j REDIRECT --to-ports 0x10;-p tcp -j REDIRECT --to-ports 16;OK
-j REDIRECT --to-ports 42;=;FAIL
-j REDIRECT --to-ports 42 -p tcp;=;FAIL
-j REDIRECT --random --persistent;=;FAIL
-j REDIRECT --random-fully;=;FAIL
:OUTPUT
-j REDIRECT;=;OK
:POSTROUTING
-j REDIRECT;=;FAIL
:INPUT
-j REDIRECT;=;FAIL
*mangle
:PREROUTING
-j REDIRECT;=;FAIL
%6
*nat
:PREROUTING
-j REDIRECT;=;OK
-p tcp -j REDIRECT --to-ports 42-1234 --random;=;OK
