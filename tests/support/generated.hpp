// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <h2h/workload/workload.hpp>

namespace h2h::test {

/// A workload of any size for measurements: independent networks of 150 layers, residual blocks of
/// convolutions that narrow from 56 x 56 to 7 x 7, and an fc layer at the end of each.
Workload generated_workload(int layers);

/// A platform like platforms/cloud.xml with as many FPGAs as wanted, in two racks, drawn from the shipped
/// catalogue in turn.
std::string generated_platform(int fpgas);

}  // namespace h2h::test
