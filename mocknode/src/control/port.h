/* What spaces do to connections, over the wire. */
#ifndef CONTROL_PORT_H
#define CONTROL_PORT_H

#include "space/space.h"

/* Its connections are struct wire_conn; its owners those of control/spaces. */
extern const struct space_port control_port;

#endif
