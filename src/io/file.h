/* Opening files for reading, with complaints that say why. */
#ifndef PH_IO_FILE_H
#define PH_IO_FILE_H

#include <pinhole/base.h>
#include <stdio.h>

/* NULL: the reason (the system's, or that it is a directory) was added to diags. The caller closes it. */
FILE *ph_file_open(const char *path, struct ph_diags *diags);

#endif
