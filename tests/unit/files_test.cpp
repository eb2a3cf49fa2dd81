// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <h2h/base/files.hpp>

#include "support/temporary.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

namespace fs = std::filesystem;
using test::error_of;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

TEST(ReadFile, GivesEveryByte) {
  const test::TemporaryFolder folder;
  std::string content = "first\r\nsecond\n";
  content += '\0';
  content += '\xff';
  EXPECT_EQ(read_file(folder.write("f", content)), content);
  EXPECT_EQ(read_file(folder.write("empty", "")), "");
  const std::string large(200000, 'x');  // more than one block
  EXPECT_EQ(read_file(folder.write("large", large)), large);
}

TEST(ReadFile, ReadsAPipe) {
  const test::TemporaryFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const pid_t writer = ::fork();
  if (writer == 0) {
    std::ofstream(pipe) << "through a pipe";
    ::_exit(0);
  }
  EXPECT_EQ(read_file(pipe), "through a pipe");
  EXPECT_EQ(::waitpid(writer, nullptr, 0), writer);
}

TEST(ReadFile, WhatCannotBeRead) {
  const test::TemporaryFolder folder;
  const std::string missing = folder.path() / "missing";
  EXPECT_EQ(error_of([&] { read_file(missing); }),
            "input: " + missing + ": cannot be read: No such file or directory");
  EXPECT_EQ(error_of([&] { read_file(folder.path()); }),
            "input: " + folder.path().string() + ": is a folder; give a file");
  const std::string below = folder.write("file", "") / "below";
  EXPECT_EQ(error_of([&] { read_file(below); }), "input: " + below + ": cannot be read: Not a directory");
}

TEST(ReadFile, PermissionIsRespected) {
  if (::geteuid() == 0) GTEST_SKIP() << "the superuser may read everything";
  const test::TemporaryFolder folder;
  const fs::path file = folder.write("secret", "x");
  fs::permissions(file, fs::perms::none);
  EXPECT_EQ(error_of([&] { read_file(file); }),
            "input: " + file.string() + ": cannot be read: Permission denied");
}

TEST(ReadFile, RefusesWhatIsTooLarge) {
  // /dev/zero never ends.
  EXPECT_EQ(error_of([] { read_file("/dev/zero"); }),
            "input: /dev/zero: is larger than 256 MiB; no input of h2h-sim is that large");
}

TEST(WriteFile, WritesReplacesAndLeavesNothingElse) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "out.json";
  write_file(file, "first, and longer");
  EXPECT_EQ(read_file(file), "first, and longer");
  write_file(file, "second");
  EXPECT_EQ(read_file(file), "second");
  write_file(file, "");
  EXPECT_EQ(read_file(file), "");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"out.json"});
}

TEST(WriteFile, WhoReadsTheOldFileKeepsReadingIt) {
  // Written beside and renamed: the old content is never cut off, not even for who has it open.
  const test::TemporaryFolder folder;
  const fs::path file = folder.write("out", "old content");
  std::ifstream reader(file);
  write_file(file, "new");
  std::string seen;
  std::getline(reader, seen);
  EXPECT_EQ(seen, "old content");
}

TEST(WriteFile, FailureKeepsTheOldFileAndNothingHalfWritten) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.write("out", "old");
  // What would be written beside the file cannot be: a folder has its name.
  const fs::path beside = folder.path() / fmt::format("out.{}.part", ::getpid());
  fs::create_directories(beside / "occupied");
  EXPECT_EQ(error_of([&] { write_file(file, "new"); }),
            "input: " + file.string() +
                ": cannot be written: Is a directory; give a path in a folder that can be written");
  EXPECT_EQ(read_file(file), "old");
}

TEST(WriteFile, DevicesAreWrittenToAsTheyAre) {
  write_file("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(error_of([] { write_file("/dev/full", "x"); }),
            "input: /dev/full: cannot be written: No space left on device");
}

TEST(WriteFile, FoldersThatCannotBeWritten) {
  const test::TemporaryFolder folder;
  const std::string missing = folder.path() / "no" / "out";
  EXPECT_EQ(
      error_of([&] { write_file(missing, "x"); }),
      "input: " + missing +
          ": cannot be written: No such file or directory; give a path in a folder that can be written");
  EXPECT_EQ(error_of([&] { write_file(folder.path(), "x"); }),
            "input: " + folder.path().string() + ": cannot be written: Is a directory");
  if (::geteuid() == 0) return;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const std::string file = folder.path() / "out";
  EXPECT_EQ(error_of([&] { write_file(file, "x"); }),
            "input: " + file +
                ": cannot be written: Permission denied; give a path in a folder that can be written");
  fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST(Sha256, KnownVectors) {
  // FIPS 180-4 examples.
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(FindFile, AsGivenThenInTheFoldersInOrder) {
  const test::TemporaryFolder first;
  const test::TemporaryFolder second;
  const fs::path here = first.write("only-first.yaml", "");
  first.write("both.yaml", "");
  second.write("both.yaml", "");
  const fs::path there = second.write("only-second.yaml", "");
  const std::vector<fs::path> folders = {first.path(), second.path()};
  EXPECT_EQ(find_file("only-first.yaml", folders), here);
  EXPECT_EQ(find_file("only-second.yaml", folders), there);
  EXPECT_EQ(find_file("both.yaml", folders), first.path() / "both.yaml");
  EXPECT_EQ(find_file(there, {}), there);
}

TEST(FindFile, ProposesTheNearestNameOfEveryPlaceLookedAt) {
  const test::TemporaryFolder folder;
  folder.write("vlocnet.yaml", "");
  folder.write("mocap.yaml", "");
  const std::vector<fs::path> folders = {folder.path()};
  EXPECT_EQ(error_of([&] { find_file("vlocnt.yaml", folders); }),
            "input: vlocnt.yaml: no such file; did you mean 'vlocnet.yaml'?");
  EXPECT_EQ(
      error_of([&] { find_file("nothing-like-it", folders); }),
      "input: nothing-like-it: no such file; it is looked up as given, then in the installed data folders");
  // An absolute name is looked up in its own folder only.
  const std::string absolute = folder.path() / "mocup.yaml";
  EXPECT_EQ(error_of([&] { find_file(absolute, {}); }),
            "input: " + absolute + ": no such file; did you mean 'mocap.yaml'?");
  EXPECT_EQ(error_of([&] { find_file("x.yaml", {"/no/such/folder"}); }),
            "input: x.yaml: no such file; it is looked up as given, then in the installed data folders");
}

TEST(WriteFile, FollowsLinks) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.write("target", "old");
  fs::create_directories(folder.path() / "elsewhere");
  fs::create_symlink("../target", folder.path() / "elsewhere" / "link");
  fs::create_symlink("elsewhere/link", folder.path() / "link");
  write_file(folder.path() / "link", "new");
  EXPECT_EQ(read_file(file), "new");
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_FALSE(fs::is_symlink(file));
  fs::create_symlink("not-yet", folder.path() / "dangling");
  write_file(folder.path() / "dangling", "made");
  EXPECT_EQ(read_file(folder.path() / "not-yet"), "made");
}

TEST(WriteFile, KeepsTheMode) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.write("out", "old");
  for (const fs::perms mode : {fs::perms(0600), fs::perms(0664)}) {
    fs::permissions(file, mode);
    write_file(file, "new");
    EXPECT_EQ(fs::status(file).permissions(), mode);
  }
}

TEST(RequireWritable, SaysBeforehandWhatWriteFileWould) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.write("out", "old");
  require_writable(file);
  require_writable(folder.path() / "new");
  require_writable("/dev/null");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"out"}) << "nothing is left behind";
  EXPECT_EQ(read_file(file), "old");
  const std::string missing = folder.path() / "no" / "out";
  for (const std::string& path : {missing, folder.path().string()}) {
    EXPECT_EQ(error_of([&] { require_writable(path); }), error_of([&] { write_file(path, "x"); }));
    EXPECT_NE(error_of([&] { require_writable(path); }), "no error");
  }
}

}  // namespace
}  // namespace h2h
