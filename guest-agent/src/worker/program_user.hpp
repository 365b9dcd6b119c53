// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace assay::agent {

/// As whom a program runs.
struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups{};  ///< all further ones
  std::string name{};           ///< "" when /etc/passwd has none for the uid
  std::string home = "/";
};

/// Understands NAME or UID, alone or with :GROUP or :GID, by the files passwd and group in `etc`. A group
/// that is named is the only one; else they are those of the user, and for a UID without an entry the group
/// of the same number. Throws "cannot run as X: <why>".
[[nodiscard]] Identity find_identity(const std::string& wish, const std::string& etc);

/// Becomes that user; 0 or the errno of what was refused. Only system calls, for a process between fork() and
/// execve().
[[nodiscard]] int become(const Identity& identity);

}  // namespace assay::agent
