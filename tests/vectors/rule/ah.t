%4
*filter
:FORWARD
-p ah -m ah --ahspi 500;=;OK
-p 51 --ahspi 500;-p ah -m ah --ahspi 500;OK
-p ah -m ah;=;OK
-p ah -m ah --ahspi 1:5;=;OK
-p ah -m ah --ahspi :5;-p ah -m ah --ahspi 0:5;OK
-p ah -m ah --ahspi 5:;-p ah -m ah --ahspi 5:4294967295;OK
-p ah -m ah --ahspi :;-p ah -m ah;OK
-p ah -m ah ! --ahspi :;-p ah -m ah ! --ahspi 0:4294967295;OK;1.8.9=-p ah -m ah
-p ah -m ah ! --ahspi 0:4294967295;=;OK;1.8.9=-p ah -m ah
-p ah -m ah --ahspi 4294967295;=;OK
-p ah -m ah --ahspi 4294967296;=;FAIL
-p ah -m ah ! --ahspi 500;=;OK
-p ah -m ah --ahspi 5:1;=;FAIL;1.8.9==
-p ah -m ah --ahspi 0x10;-p ah -m ah --ahspi 16;OK
-p ah -m ah --ahlen 5;=;FAIL
-m ah --ahspi 5;=;FAIL
%6
-m ah --ahspi 5;=;OK
-p ah -m ah --ahspi 5;=;OK
-p 51 --ahspi 5;-p ah -m ah --ahspi 5;OK
-m ah --ahspi 1:5;=;OK
-m ah ! --ahspi 1:5;=;OK
-m ah --ahspi :;-m ah;OK
-m ah ! --ahspi :;-m ah ! --ahspi 0:4294967295;OK;1.8.9=-m ah
-m ah --ahspi 5:1;=;FAIL;1.8.9==
-m ah --ahspi :5 --ahlen 8;-m ah --ahspi 0:5 --ahlen 8;OK
-m ah ! --ahlen 8;=;OK
-m ah --ahlen 0;-m ah;OK
-m ah --ahlen 4294967295;=;OK
-m ah --ahlen 4294967296;=;FAIL
-m ah --ahlen 5:6;=;FAIL
-m ah --ahres;=;OK
-m ah ! --ahres;=;FAIL
-m ah --ahres --ahlen 24 --ahspi 7;-m ah --ahspi 7 --ahlen 24 --ahres;OK
-m ah;=;OK
-m ah --ahspi 4294967296;=;FAIL
-m ah ! --ahlen 0;=;OK
