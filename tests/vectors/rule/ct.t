%4
*filter
:FORWARD
-j CT --notrack;=;FAIL
%4
*mangle
:PREROUTING
-j CT --notrack;=;FAIL
%4
*raw
:PREROUTING
-j CT;=;OK
-p tcp -j CT --helper ftp;=;OK
-p tcp -j CT --helper Q.931;=;OK
-j CT --helper ftp;=;FAIL
! -p tcp -j CT --helper ftp;=;FAIL
-p udp -j CT --helper ftp;=;FAIL
-p tcp -j CT --helper "";-p tcp -j CT;OK
-p tcp -j CT --helper 0123456789012345;=;FAIL
-p tcp -j CT --helper nosuch;=;FAIL
-j CT --notrack;=;OK
-j CT --notrack --zone 5;=;OK
-j CT --zone 5;=;OK
-j CT --zone 0;-j CT;OK
-j CT --zone 65535;=;OK
-j CT --zone 65536;=;FAIL
-j CT --zone mark;=;OK
-j CT --zone-orig 5;=;OK
-j CT --zone-reply 6;=;OK
-j CT --zone-orig mark;=;OK
-j CT --zone-reply mark;=;OK
-j CT --zone 5 --zone-orig 6;-j CT --zone-orig 6;OK
-j CT --zone-orig 5 --zone-reply 6;-j CT --zone 6;OK
-j CT --zone Mark;-j CT --zone mark;OK
-j CT --zone 0x10;-j CT --zone 16;OK
-j CT --ctevents new;=;OK
-j CT --ctevents new,related,destroy,reply,assured,protoinfo,helper,mark,natseqinfo,secmark;=;OK
-j CT --ctevents NEW;=;FAIL
-j CT --ctevents destroy,new;-j CT --ctevents new,destroy;OK
-j CT --ctevents n;=;FAIL
-j CT --ctevents foo;=;FAIL
-j CT --expevents new;=;OK
-j CT --expevents foo;=;FAIL
-p tcp -j CT --timeout foo;=;FAIL
-p tcp -j CT --helper ftp --ctevents new --expevents new --zone 3;=;OK
-p tcp -j CT --notrack --helper ftp;=;OK
-p tcp -j CT --helper ftp --timeout foo;=;FAIL
-j CT --notrack --notrack;=;FAIL
# policies of timeouts are not there yet; the reference wants one of that name
lenient
%4
*raw
:PREROUTING
-p tcp -j CT --timeout long;=;OK;1.8.9=FAIL
strict
-p tcp -j CT --timeout long;=;FAIL
