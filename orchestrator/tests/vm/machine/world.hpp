// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/follower.hpp"
#include "base/process.hpp"
#include "machine/hypervisor.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace assay::machine {

namespace fs = std::filesystem;

/// What a test of real guests stands on: a kernel, an initramfs with the agent, a folder of its own that is
/// removed at the end unless the test failed.
class World : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Runs `scene` with a connected hypervisor, which is closed afterwards. A scene that takes longer than
  /// four minutes fails.
  void play(std::function<Task<>(Hypervisor&)> scene);

  [[nodiscard]] LibvirtOptions options() const;
  [[nodiscard]] BootSpec boot(Hypervisor& hypervisor, const std::string& guest) const;
  [[nodiscard]] static MachineSpec small_machine();
  [[nodiscard]] static std::vector<int> qemus_of(const fs::path& root);
  /// Whether `text` comes on the console within two minutes: a loaded host boots slowly.
  static Task<bool> console_says(Follower& console, std::string text);

  /// Runs this program with only `test` as another process, whose roots are in `folder`/s.
  static Task<> run_child(std::string test, fs::path folder, ProcessEnd& end);
  [[nodiscard]] ProcessEnd child(const std::string& test);
  [[nodiscard]] static bool is_child();

  fs::path folder_;
  fs::path kernel_;
};

}  // namespace assay::machine
