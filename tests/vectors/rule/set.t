+ipset create foo hash:ip
+ipset create bar hash:ip,port counters
+ipset create net hash:net timeout 60
+ipset create trio hash:ip,port,ip
+ipset create both list:set
+ipset create six hash:ip family inet6
+ipset create ports bitmap:port range 0-1023
%4
*filter
:FORWARD
-m set;=;FAIL
-m set --match-set foo;=;FAIL
-m set --match-set foo src;=;OK
-m set --match-set foo dst;=;OK
-m set ! --match-set foo src;=;OK
-m set --match-set foo src,dst;=;OK
-m set --match-set foo src,src,src,src,src,src;=;OK
-m set --match-set foo src,src,src,src,src,src,src;=;FAIL
-m set --match-set foo srcc;-m set --match-set foo src;OK
-m set --match-set foo SRC;=;FAIL
-m set --match-set foo "";=;FAIL
-m set --match-set foo src,;=;FAIL
-m set --match-set nosuch src;=;FAIL
-m set --match-set bar src;=;OK
-m set --match-set bar src,dst;=;OK
-m set --match-set bar dst,src;=;OK
-m set --match-set trio src,dst,dst;=;OK
-m set --match-set both src;=;OK
-m set --match-set ports dst;=;OK
-m set --match-set six src;=;FAIL
-m set --set foo src;-m set --match-set foo src;OK
-m set ! --set foo src;-m set ! --match-set foo src;OK
-m set --match-set foo src --match-set bar src;=;FAIL
-m set --match-set foo src -m set --match-set bar dst,dst;=;OK
-m set --match-set net src --return-nomatch;=;OK
-m set --match-set foo src --return-nomatch;=;OK
-m set --match-set bar src,dst ! --update-counters;=;OK
-m set --match-set bar src,dst --update-counters;-m set --match-set bar src,dst;OK
-m set --match-set bar src,dst ! --update-subcounters;=;OK
-m set --match-set bar src,dst --update-subcounters;-m set --match-set bar src,dst;OK
-m set --match-set bar src,dst --packets-eq 5;=;OK
-m set --match-set bar src,dst ! --packets-eq 5;=;OK
-m set --match-set bar src,dst --packets-lt 5;=;OK
-m set --match-set bar src,dst --packets-gt 5;=;OK
-m set --match-set bar src,dst ! --packets-gt 5;=;FAIL
-m set --match-set bar src,dst --packets-lt 5 --packets-gt 3;=;FAIL
-m set --match-set bar src,dst --packets-eq 5 --packets-eq 6;=;FAIL
-m set --match-set bar src,dst --bytes-eq 500;=;OK
-m set --match-set bar src,dst ! --bytes-eq 500;=;OK
-m set --match-set bar src,dst --bytes-lt 500;=;OK
-m set --match-set bar src,dst --bytes-gt 500;=;OK
-m set --match-set bar src,dst --bytes-gt 500 --packets-lt 9;-m set --match-set bar src,dst --packets-lt 9 --bytes-gt 500;OK
-m set --match-set bar src,dst --bytes-gt 18446744073709551615;=;OK
-m set --match-set bar src,dst --bytes-gt 18446744073709551616;=;FAIL
-m set --match-set bar src,dst --bytes-gt x;=;FAIL
-m set --packets-eq 5;=;FAIL
-m set --return-nomatch --match-set net src;-m set --match-set net src --return-nomatch;OK
-m set --match-set net src --return-nomatch ! --update-counters ! --update-subcounters --packets-gt 3 --bytes-lt 5;=;OK
-m set ! --match-set bar src,dst --return-nomatch --packets-gt 1;=;OK
-m set --match-set bar src,dst ! --return-nomatch;=;FAIL
-m set --match-set abcdefghijklmnopqrstuvwxyzabcdefgh src;=;FAIL
-m set --match-set "" src;=;FAIL
-m set --match-set foo src --packets-eq 5;=;OK
%6
-m set --match-set six src;=;OK
-m set ! --match-set six dst;=;OK
-m set --match-set foo src;=;FAIL
