%4
*filter
:INPUT
-m nfacct --nfacct-name abc;-m nfacct --nfacct-name  abc;OK;unchecked
-m nfacct;=;FAIL
-m nfacct --nfacct-name "";=;FAIL
-m nfacct --nfacct-name 12345678901234567890123456789012345;-m nfacct --nfacct-name  1234567890123456789012345678901;OK;unchecked
-m nfacct --nfacct-name "a b";-m nfacct --nfacct-name  "a b";OK;unchecked
-m nfacct ! --nfacct-name abc;=;FAIL
