// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "kernel/builder.hpp"
#include "trial/runner.hpp"

#include <cstddef>
#include <string_view>

namespace assay::run {

/// Told how kernels and a run come along: the lines of a terminal, or Python. Calls come on the io_context's
/// thread.
class Progress : public trial::Observer {
 public:
  virtual void on_build(const kernel::BuildProgress& progress) = 0;
  virtual void build_done(std::string_view variant, std::string_view how) = 0;
  virtual void begin_trials(std::size_t planned, std::size_t done) = 0;
  /// The same for work of another kind, of which each part ends with work_done(): "mutants".
  virtual void begin_work(std::string_view /*what*/, std::size_t /*planned*/, std::size_t /*done*/) {}
  virtual void work_done() {}
  /// Called twice a second while trials run.
  virtual void refresh() = 0;
  /// What the first Ctrl-C means from now on, said when it comes; before that it ends the program at once.
  virtual void stop_means(const char* /*text*/) {}
  /// The trials are over: what is printed next begins at a clean line.
  virtual void clear() = 0;
};

}  // namespace assay::run
