package web

import "github.com/gin-gonic/gin"

// settingsRoutes are the doors to people, groups, ready replies, tokens, the audit log, exports, settings and notices. see is for what
// reads, act for what changes.
func (a *agents) settingsRoutes(see, act *gin.RouterGroup) {
	see.GET("/people", a.allowed(actPeopleSee), a.people)
	act.POST("/people", a.allowed(actPeople), a.addPerson)
	act.PUT("/people/:id", a.allowed(actPeople), a.changePerson)
	act.DELETE("/people/:id", a.allowed(actPeople), a.removePerson)
	act.POST("/people/:id/password", a.allowed(actPeople), a.resetPassword)
	act.POST("/people/:id/logout", a.allowed(actPeople), a.endSessions)

	see.GET("/teams", a.allowed(actTeamsSee), a.teams)
	act.POST("/teams", a.allowed(actTeams), a.addTeam)
	act.PUT("/teams/:id", a.allowed(actTeams), a.changeTeam)
	act.DELETE("/teams/:id", a.allowed(actTeams), a.removeTeam)

	see.GET("/canned", a.allowed(actCannedSee), a.canned)
	act.POST("/canned", a.allowed(actCanned), a.addCanned)
	act.PUT("/canned/:id", a.allowed(actCanned), a.changeCanned)
	act.DELETE("/canned/:id", a.allowed(actCanned), a.removeCanned)

	see.GET("/tokens", a.allowed(actTokens), a.tokens)
	act.POST("/tokens", a.allowed(actTokens), a.addToken)
	act.DELETE("/tokens/:id", a.allowed(actTokens), a.revokeToken)

	see.GET("/audit", a.allowed(actAudit), a.auditLog)
	see.GET("/audit/export", a.allowed(actAudit), a.auditExport)
	see.GET("/export", a.allowed(actExport), a.export)

	see.GET("/settings/:name", a.setting)
	act.PUT("/settings/:name", a.changeSetting)

	see.GET("/notices", a.allowed(actNotices), a.notices)
	act.POST("/notices/test", a.allowed(actNotices), a.testNotice)
}
