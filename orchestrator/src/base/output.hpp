// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/handle.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>

namespace assay {

/// A file that a user named to be written, as a shell's `>` would take the name: links are followed, also one
/// that leads to nothing yet; a device, a FIFO, /dev/fd/N and a process substitution are written as they are;
/// "-" is stdout. A regular file is replaced when the output is whole, by finish(), and not before: it keeps
/// its mode, its owner and its other names. A new one has the mode that the umask leaves.
/// All errors: "cannot write <path>: <why>": usage, when no file can be there; infrastructure; interrupted,
/// by a signal while nobody reads.
class Output {
 public:
  /// What becomes of the program when nobody reads any more.
  enum class Unread : std::uint8_t { ends_program, is_error };

  /// Whatever can be known before there is something to write is an error here, and changes nothing.
  [[nodiscard]] static Result<Output> open(const std::filesystem::path& path,
                                           Unread unread = Unread::ends_program);
  /// A file in an open folder, which has to be a regular one or nothing yet: a link is not followed.
  [[nodiscard]] static Result<Output> open_in(UniqueFd folder, const std::string& name,
                                              const std::filesystem::path& shown);
  Output(Output&&) = default;
  Output& operator=(Output&&) = delete;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  /// Without finish() what was at the path stays as it was.
  ~Output();

  /// Whether a regular file comes of it, not words for somebody who reads along. Before finish().
  [[nodiscard]] bool makes_file() const { return !direct_; }
  [[nodiscard]] Status put(std::string_view bytes);
  /// Of the regular file that comes of it, when it is new or takes the place of one. `times` as utimensat().
  [[nodiscard]] Status set_mode_and_times(unsigned mode, const std::array<timespec, 2>& times);
  [[nodiscard]] Status finish();

 private:
  explicit Output(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] Error trouble(int error) const;
  [[nodiscard]] Error spool_trouble(int error) const;
  [[nodiscard]] Status spool_beside();
  [[nodiscard]] Status spool_elsewhere();
  [[nodiscard]] bool keep_mode_and_owner();
  [[nodiscard]] bool replace();
  [[nodiscard]] Status copy_in_place();
  [[nodiscard]] Status close(UniqueFd& fd) const;
  void name_spool();

  std::filesystem::path path_;  ///< as the user knows it
  UniqueFd direct_;             ///< what is written as it is
  UniqueFd folder_;             ///< where the file is or will be, under name_
  std::string name_;
  UniqueFd target_;  ///< the regular file that is there, open for writing
  struct stat old_{};
  bool made_ = false;  ///< by us, when a link led to nothing
  Unread unread_ = Unread::ends_program;
  bool in_place_ = false;   ///< written over when whole, as nothing can take its place
  UniqueFd spool_;          ///< what is not whole yet
  std::string spool_name_;  ///< of it in folder_; "" while it has none
};

/// A file without a name in the folder for such ($TMPDIR, else /tmp): gone when nobody has it open. Error:
/// infrastructure, names that folder.
[[nodiscard]] Result<UniqueFd> nameless_file();

/// All of `bytes`, or the errno of what went wrong.
[[nodiscard]] int write_all(int fd, std::string_view bytes);

/// Whose mistake it is that a path which the user named cannot be used: usage where it leads nowhere, or to
/// another kind of file than is meant; infrastructure.
[[nodiscard]] Failure blame_for_path(int error);

/// Ends the program as SIGPIPE does, when a reader went away and the signal was ignored: by our parent, or to
/// talk to a guest.
void end_by_sigpipe();

}  // namespace assay
