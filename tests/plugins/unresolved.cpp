// SPDX-License-Identifier: Apache-2.0
//
// A plug-in that nobody linked with all that it needs.

#include <h2h/plugin/plugin.hpp>

namespace elsewhere {
int defined(double argument);
}

H2H_PLUGIN(unresolved) {
  if (elsewhere::defined(1) > 0) registry.add_mapper({});
}
