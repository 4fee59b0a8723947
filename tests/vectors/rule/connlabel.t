%4
*filter
:FORWARD
-m connlabel --label 5;-m connlabel --label "5";OK
-m connlabel ! --label 5;-m connlabel ! --label "5";OK
-m connlabel --label 5 --set;-m connlabel --label "5" --set;OK
-m connlabel ! --label 5 --set;-m connlabel ! --label "5" --set;OK
-m connlabel --label 127;-m connlabel --label "127";OK
-m connlabel --label 128;=;FAIL
-m connlabel --label 0;-m connlabel --label "0";OK
-m connlabel --label x;=;FAIL
-m connlabel --label eth0-in;=;FAIL
-m connlabel --label 0x10;-m connlabel --label "16";OK
-m connlabel --set;=;FAIL
-m connlabel --label "";=;FAIL
-m connlabel;=;FAIL
-m connlabel ! --set --label 5;=;FAIL
