// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace h2h::cli {
namespace {

constexpr std::size_t kColumns = 79;

/// `1:02:03`, or `2:03` below an hour.
std::string clock_time(double seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr double kLongest_s = 359999;  // 99:59:59
  const auto whole = static_cast<std::int64_t>(seconds < kLongest_s ? seconds + 0.5 : kLongest_s);
  const std::int64_t minutes = whole / kMinute;
  if (minutes < kMinute) return fmt::format("{}:{:02}", minutes, whole % kMinute);
  return fmt::format("{}:{:02}:{:02}", minutes / kMinute, minutes % kMinute, whole % kMinute);
}

}  // namespace

ProgressLine::ProgressLine()
    : shown_(::isatty(STDERR_FILENO) == 1 && spdlog::get_level() == spdlog::level::warn) {}

ProgressLine::~ProgressLine() {
  put("");
}

void ProgressLine::say(const std::string& text) const {
  put(text.substr(0, kColumns));
}

void ProgressLine::clear() const {
  put("");
}

void ProgressLine::put(const std::string& text) const {
  if (!shown_) return;
  static_cast<void>(std::fputs(("\r\033[K" + text).c_str(), stderr));
  static_cast<void>(std::fflush(stderr));
}

void ProgressBar::show() {
  constexpr auto kPause = std::chrono::milliseconds(100);
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + kPause;
  line_.say(text(std::chrono::duration<double>(now - began_).count()));
}

std::string ProgressBar::text(double elapsed_s) const {
  const std::size_t fresh = done_ - before_;
  std::string figures = fmt::format(" {}/{} points", done_, total_);
  if (fresh > 0 && elapsed_s > 0) {
    const double rate = static_cast<double>(fresh) / elapsed_s;
    figures +=
        fmt::format(", {:.3g}/s, {} left", rate, clock_time(static_cast<double>(total_ - done_) / rate));
  }
  constexpr std::size_t kFrame = 2;
  const std::size_t width = kColumns - kFrame - std::min(figures.size(), kColumns - kFrame);
  const std::size_t full = total_ == 0 ? width : width * done_ / total_;
  return fmt::format("[{}{}]{}", std::string(full, '#'), std::string(width - full, '.'), figures);
}

}  // namespace h2h::cli
