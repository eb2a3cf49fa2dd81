// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace h2h {

/// One row of comma-separated values (RFC 4180), fields quoted where they must be.
void write_csv_row(std::ostream& out, const std::vector<std::string>& fields);

}  // namespace h2h
