%4
*filter
:FORWARD
-m helper --helper ftp;=;OK
-m helper ! --helper ftp-2121;=;OK
-m helper --helper "";=;OK
-m helper --helper "a b";=;OK
-m helper --helper H.245;-m helper --helper "H.245";OK
-m helper --helper netbios-ns;=;OK
-m helper --helper 01234567890123456789012345678;=;OK
-m helper --helper 012345678901234567890123456789012345678;-m helper --helper 01234567890123456789012345678;OK
-m helper;=;FAIL
%4
*filter
:FORWARD
-m helper ! --helper ftp;=;OK
-m helper --helper ftp-2121;=;OK
-m helper --helper Q.931;-m helper --helper "Q.931";OK
