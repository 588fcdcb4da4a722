"""A judge that answers as Spinnaker's Kayenta (NetflixACAJudge) does, for teams that have to match it."""
