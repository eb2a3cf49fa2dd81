// SPDX-License-Identifier: Apache-2.0
//
// A shared object that is no plug-in.

extern "C" int h2h_test_answer() {
  return 42;
}
