/* The notation of the type tables: close to ASN.1's, so that a table can be held beside the standard. Included by types_*.c
 * only. */
#ifndef PH_HELPER_H323_NOTATION_H
#define PH_HELPER_H323_NOTATION_H

#include "helper/h323/types.h"

#define TYPE(...) (&(const struct ph_h323_type){ __VA_ARGS__ })
#define LIST_OF_FIELDS(...) (const struct ph_h323_field[]){ __VA_ARGS__ }
#define COUNT(...) (sizeof(LIST_OF_FIELDS(__VA_ARGS__)) / sizeof(struct ph_h323_field))

/* Simple types. */
#define NOTHING TYPE(.kind = H323_BITS)                                 /* NULL */
#define BOOLEANS(n) TYPE(.kind = H323_BITS, .lo = (n))                  /* n of them in a row, named "first to last" */
#define INTEGER(low, high) TYPE(.kind = H323_INT, .lo = (low), .hi = (high))
#define INTEGER_ANY TYPE(.kind = H323_STRING_ANY, .unit = 8)
#define STRING(bits, low, high) TYPE(.kind = H323_STRING, .unit = (bits), .lo = (low), .hi = (high))
#define OCTETS(low, high) STRING(8, low, high)
#define OCTETS_ANY TYPE(.kind = H323_STRING_ANY, .unit = 8)
#define BIT_STRING(low, high) STRING(1, low, high)
#define BIT_STRING_ANY TYPE(.kind = H323_STRING_ANY, .unit = 1)
#define DIGITS(low, high) STRING(4, low, high)                          /* characters out of sixteen */
#define BMP(low, high) STRING(16, low, high)
#define OBJECT_IDENTIFIER TYPE(.kind = H323_OID)
#define OPEN_TYPE TYPE(.kind = H323_OPEN)
#define SEQUENCE_OF(type) TYPE(.kind = H323_LIST, .field = LIST_OF_FIELDS(FIELD("item", type, .mark = H323_NEEDED)))
#define AT_MOST(n, type) \
	TYPE(.kind = H323_LIST, .kept = (n), .field = LIST_OF_FIELDS(FIELD("item", type, .mark = H323_NEEDED)))
#define AT_MOST_OPEN(n, type, marked) \
	TYPE(.kind = H323_LIST, .kept = (n), .open_items = true, .field = LIST_OF_FIELDS(FIELD("item", type, .mark = (marked))))

/* Composite types: their fields, then what is needed of their additions. optional(n): presence bits in all. */
#define SEQUENCE .kind = H323_SEQ
#define CHOICE .kind = H323_CHOICE
#define EXTENSIBLE .extensible = true
#define OPTIONAL(n) .n_optional = (n)
#define FIELDS(...) .field = LIST_OF_FIELDS(__VA_ARGS__), .n_fields = COUNT(__VA_ARGS__)
#define ADDED(...) .added = LIST_OF_FIELDS(__VA_ARGS__), .n_added = COUNT(__VA_ARGS__)
#define KNOWN(n) .known = (n)
#define STOP_BEFORE(n) .stop_before = (n) + 1

#define FIELD(called, is, ...) { .name = (called), .type = (is), __VA_ARGS__ }
#define MAYBE(called, is, ...) { .name = (called), .type = (is), .optional = true, __VA_ARGS__ }
#define ADDITION(n, called, is, ...) { .addition = (n), .name = (called), .type = (is), __VA_ARGS__ }
#define STOP(called) { .name = (called) }

#endif
