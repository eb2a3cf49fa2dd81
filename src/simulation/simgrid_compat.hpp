// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <simgrid/s4u.hpp>
#include <simgrid/version.h>

// Every difference between SimGrid 3.32 (Debian 12) and 4.x that h2h-sim meets.
namespace h2h::simgrid_compat {

namespace sg4 = simgrid::s4u;

/// Settings under which a replay is exact. Lazy and selective updates leave links out of the solve (3.32
/// and 4.1), the others switch off corrections for TCP that the model of the paper does not have.
inline std::vector<std::string> exact_settings() {
#if SIMGRID_VERSION >= 40000
  const std::string precision = "precision/timing";
#else
  const std::string precision = "surf/precision";
#endif
  return {"network/model:CM02", "network/optim:Full", "network/crosstraffic:0", "network/TCP-gamma:0",
          precision + ":1e-12"};
}

/// Calls @p callback at the end of every computation and transfer.
inline void on_completion(const std::function<void(const sg4::Activity&)>& callback) {
#if SIMGRID_VERSION >= 33300
  sg4::Exec::on_completion_cb([callback](const sg4::Exec& exec) { callback(exec); });
  sg4::Comm::on_completion_cb([callback](const sg4::Comm& comm) { callback(comm); });
#else
  sg4::Activity::on_completion_cb(callback);
#endif
}

}  // namespace h2h::simgrid_compat
